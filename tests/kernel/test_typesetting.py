"""PDFs carry the fonts of the set-up, say values literally, and are the same for the same values."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image
from pypdf import PdfReader

from saas.kernel import typesetting
from saas.kernel.errors import Problem

AT = datetime(2026, 3, 20, 4, 0, tzinfo=UTC)
SHEET = """#let data = json(bytes(sys.inputs.data))
#let pictures = json(bytes(sys.inputs.pictures))
#set text(font: "Noto Sans SC", lang: "zh")
#data.text
#if "logo" in pictures { image(bytes(pictures.logo), width: 1cm) }
"""


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    template = tmp_path / "sheet.typ"
    template.write_text(SHEET, encoding="utf-8")
    return template


def test_check_40_markup_in_a_value_is_printed_as_it_is(sheet: Path) -> None:
    said = '#panic("x") *bold* $x^2$ @cite \\ #read("/etc/passwd")'
    assert said in PdfReader(io.BytesIO(typesetting.pdf(sheet, {"text": said}))).pages[0].extract_text()


def test_chinese_is_set_in_the_font_of_the_set_up(sheet: Path) -> None:
    page = PdfReader(io.BytesIO(typesetting.pdf(sheet, {"text": "群发报告"}))).pages[0]
    fonts = [font.get_object()["/BaseFont"] for font in page["/Resources"]["/Font"].values()]
    assert fonts and all("NotoSansSC" in font for font in fonts)
    assert "群发报告" in page.extract_text()


def test_the_same_values_at_the_same_time_are_the_same_bytes(sheet: Path) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(picture, "PNG")
    made = [typesetting.pdf(sheet, {"text": "一"}, {"logo": picture.getvalue()}, AT) for _ in range(2)]
    assert made[0] == made[1]
    assert len(typesetting.pages(sheet, {"text": "一"}, {"logo": picture.getvalue()})) == 1


def test_a_template_reaches_nothing_outside_its_folder(tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (inner / "bad.typ").write_text('#read("../secret.txt")')
    with pytest.raises(RuntimeError, match=r"access denied|outside|project root"):
        typesetting.pdf(inner / "bad.typ", {})


def test_missing_fonts_are_said_with_the_remedy(sheet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typesetting, "FONTS", tmp_path)
    typesetting._fonts.cache_clear()
    try:
        with pytest.raises(Problem) as told:
            typesetting.pdf(sheet, {"text": "一"})
    finally:
        typesetting._fonts.cache_clear()
    assert (told.value.code, told.value.status) == ("no_fonts", 503)
    assert "run.py" in told.value.remedy[0]
