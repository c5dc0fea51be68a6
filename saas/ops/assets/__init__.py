"""The prebuilt parts of the pages: copied from ``node_modules``, the icons gathered into one sprite.

``python -m saas.ops.assets NODE_MODULES VENDOR``: third-party files are never committed, so set-up makes them.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, register_namespace, tostring

from defusedxml.ElementTree import fromstring

HERE = Path(__file__).resolve().parent
SVG = "http://www.w3.org/2000/svg"
_FONT = "@expo-google-fonts/noto-sans-sc"
FILES = {
    "cropper.min.js": "cropperjs/dist/cropper.min.js",
    "fonts/NotoSansSC-Bold.ttf": f"{_FONT}/700Bold/NotoSansSC_700Bold.ttf",
    "fonts/NotoSansSC-Regular.ttf": f"{_FONT}/400Regular/NotoSansSC_400Regular.ttf",
    "jodit.fat.min.css": "jodit/es2021/jodit.fat.min.css",
    "jodit.fat.min.js": "jodit/es2021/jodit.fat.min.js",
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "hx-sse.min.js": "htmx.org/dist/ext/hx-sse.min.js",
    "swagger-ui.css": "swagger-ui-dist/swagger-ui.css",
    "swagger-ui-bundle.js": "swagger-ui-dist/swagger-ui-bundle.js",
}
ICONS = "@tabler/icons/icons/outline"
SPRITE = "icons.svg"
_STROKE = {"fill": "none", "stroke": "currentColor", "stroke-width": "2", "stroke-linecap": "round", "stroke-linejoin": "round"}


class MissingPart(Exception):
    """A file or an icon is not in ``node_modules``; the text names it."""


def build(modules: Path, vendor: Path) -> None:
    """Fill ``vendor`` anew, whole or not at all. Raises MissingPart."""
    fresh = vendor.with_name(f"{vendor.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for name, source in FILES.items():
        if not (modules / source).exists():
            raise MissingPart(f"{source} is not in {modules}; run: npm ci --ignore-scripts")
        (fresh / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(modules / source, fresh / name)
    (fresh / SPRITE).write_bytes(sprite(modules / ICONS, icon_names()))
    shutil.rmtree(vendor, ignore_errors=True)
    fresh.rename(vendor)


def icon_names() -> list[str]:
    """The icons the pages use."""
    lines = (HERE / "icons.txt").read_text().splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def sprite(folder: Path, names: Iterable[str]) -> bytes:
    """One SVG with a symbol an icon, used as ``<svg><use href="…/icons.svg#send"/></svg>``. Raises MissingPart."""
    register_namespace("", SVG)
    root = Element(f"{{{SVG}}}svg")
    for name in names:
        root.append(_symbol(folder / f"{name}.svg", name))
    return tostring(root)


def _symbol(file: Path, name: str) -> Element:
    if not file.exists():
        raise MissingPart(f"there is no Tabler icon '{name}'; correct saas/ops/assets/icons.txt")
    symbol = Element(f"{{{SVG}}}symbol", {"id": name, "viewBox": "0 0 24 24", **_STROKE})
    for shape in fromstring(file.read_bytes()):
        if shape.get("stroke") != "none" or shape.get("fill") != "none":
            SubElement(symbol, shape.tag, shape.attrib)
    return symbol
