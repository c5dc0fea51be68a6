"""The prebuilt parts of the pages: the sprite of icons, and a folder that is whole or not there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from saas.ops import assets

ICON = """<svg xmlns="http://www.w3.org/2000/svg" class="icon" style="x" viewBox="0 0 24 24">
  <path stroke="none" d="M0 0h24v24H0z" fill="none" /><path d="M10 14l11 -11" /></svg>"""


@pytest.fixture
def modules(tmp_path: Path) -> Path:
    for source in assets.FILES.values():
        (tmp_path / source).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / source).write_text(source)
    (tmp_path / assets.ICONS).mkdir(parents=True)
    for name in assets.icon_names():
        (tmp_path / assets.ICONS / f"{name}.svg").write_text(ICON)
    return tmp_path


def test_the_vendor_folder_is_filled_anew(modules: Path, tmp_path: Path) -> None:
    vendor = tmp_path / "static" / "vendor"
    vendor.mkdir(parents=True)
    (vendor / "old.js").touch()
    assets.build(modules, vendor)
    assert {file.relative_to(vendor).as_posix() for file in vendor.rglob("*") if file.is_file()} == {*assets.FILES, assets.SPRITE}
    assert [folder.name for folder in vendor.parent.iterdir()] == ["vendor"]


def test_an_icon_is_a_symbol_without_its_empty_frame_or_style(modules: Path) -> None:
    sprite = assets.sprite(modules / assets.ICONS, ["send"]).decode()
    assert '<symbol id="send" viewBox="0 0 24 24"' in sprite
    assert sprite.count("<path") == 1
    assert "style" not in sprite and "class" not in sprite


def test_a_missing_part_is_named_and_the_old_folder_stays(modules: Path, tmp_path: Path) -> None:
    vendor = tmp_path / "vendor"
    vendor.mkdir()
    (modules / assets.ICONS / "send.svg").unlink()
    with pytest.raises(assets.MissingPart, match="'send'"):
        assets.build(modules, vendor)
    (modules / assets.FILES["htmx.min.js"]).unlink()
    with pytest.raises(assets.MissingPart, match=r"htmx\.min\.js"):
        assets.build(modules, vendor)
    assert vendor.exists()


def test_every_icon_the_pages_use_is_in_the_sprite() -> None:
    names = set(assets.icon_names())
    web = Path(assets.__file__).resolve().parents[2] / "web"
    used = {name for file in web.rglob("*.html") for name in re.findall(r"icons\.svg#([a-z0-9-]+)", file.read_text())}
    assert len(names) == len(assets.icon_names())
    assert used <= names, "add it to saas/ops/assets/icons.txt"
