"""PDF pages from a template and values, with the fonts that set-up brings. Nothing of the machine's own fonts is used.

A template is a Typst file. It finds its values as ``json(bytes(sys.inputs.data))`` and its pictures as
``json(bytes(sys.inputs.pictures))``: lists of numbers for ``image(bytes(…))``. Values are never markup, so that no text
can become a command. It may import files of its own folder and reaches nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import typst

from saas.kernel.errors import Problem

FONTS = Path(__file__).resolve().parents[1] / "web/static/vendor/fonts"
FAMILY = "Noto Sans SC"
NO_FONTS = Problem(
    "no_fonts",
    ("缺少中文字体，不能生成 PDF", "the Chinese fonts are missing, so no PDF can be made"),
    ("请管理员再运行一次 python3 run.py，它会补齐字体", "ask an administrator to run python3 run.py: it brings what is missing"),
    status=503,
)


def pdf(
    template: Path, data: Mapping[str, Any], pictures: Mapping[str, bytes] | None = None, made_at: datetime | None = None
) -> bytes:
    """The finished file. Same values, pictures and ``made_at``: the same bytes. Raises the Problem ``no_fonts``."""
    made = _compiler(template, data, pictures).compile(format="pdf", timestamp=int(made_at.timestamp()) if made_at else None)
    return made if isinstance(made, bytes) else b"".join(made or [])


def pages(template: Path, data: Mapping[str, Any], pictures: Mapping[str, bytes] | None = None, ppi: float = 96.0) -> list[bytes]:
    """The same pages as PNG pictures, in order."""
    made = _compiler(template, data, pictures).compile(format="png", ppi=ppi)
    return [made] if isinstance(made, bytes) else list(made or [])


def _compiler(template: Path, data: Mapping[str, Any], pictures: Mapping[str, bytes] | None) -> typst.Compiler:
    inputs = {
        "data": json.dumps(data, ensure_ascii=False),
        "pictures": json.dumps({name: list(content) for name, content in (pictures or {}).items()}),
    }
    return typst.Compiler(template, root=template.parent, font_paths=_fonts(), ignore_system_fonts=True, sys_inputs=inputs)


@cache
def _fonts() -> typst.Fonts:
    """Read once a process: they are 20 MB."""
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])
    if FAMILY not in fonts.families():
        raise NO_FONTS
    return fonts
