"""The folders and pictures of the content tests serve here too."""

from __future__ import annotations

import importlib.util
from pathlib import Path

_SPEC = importlib.util.spec_from_file_location("content_fixtures", Path(__file__).parents[2] / "content" / "conftest.py")
assert _SPEC is not None
assert _SPEC.loader is not None
_FIXTURES = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(_FIXTURES)

make_folder = _FIXTURES.make_folder
make_photo = _FIXTURES.make_photo
make_bomb = _FIXTURES.make_bomb
