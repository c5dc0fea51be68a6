"""Fitted pictures outlive the process that fitted them, and a damaged file is fitted anew."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from saas.content.fitting import Fit, fit
from saas.content.kept_fits import KeptFits

LIMITS = Fit(200_000, 300, 0, frozenset({"image/jpeg"}))


def test_a_second_process_finds_what_the_first_has_fitted(tmp_path: Path) -> None:
    fitted = fit(_photo(), LIMITS)
    KeptFits(tmp_path / "fits")["a" * 64, LIMITS] = fitted
    assert KeptFits(tmp_path / "fits")["a" * 64, LIMITS] == fitted


def test_other_limits_are_another_picture(tmp_path: Path) -> None:
    KeptFits(tmp_path)["a" * 64, LIMITS] = fit(_photo(), LIMITS)
    with pytest.raises(KeyError):
        KeptFits(tmp_path)["a" * 64, Fit(200_000, 200, 0, frozenset({"image/jpeg"}))]


def test_a_damaged_file_counts_as_none(tmp_path: Path) -> None:
    KeptFits(tmp_path)["a" * 64, LIMITS] = fit(_photo(), LIMITS)
    file = next(tmp_path.iterdir())
    file.write_bytes(file.read_bytes()[:-10])
    with pytest.raises(KeyError):
        KeptFits(tmp_path)["a" * 64, LIMITS]


def _photo() -> bytes:
    out = BytesIO()
    Image.effect_noise((600, 400), 60).convert("RGB").save(out, "JPEG")
    return out.getvalue()
