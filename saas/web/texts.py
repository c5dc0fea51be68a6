"""Text that no database column can hold (NUL, half a surrogate pair) is refused here, for every address at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from flask import Flask, request
from werkzeug.exceptions import NotFound

from saas.kernel.errors import Invalid
from saas.web.doors import declared, is_open_door
from saas.web.identity import visitor

_UNFIT = re.compile("[\0\ud800-\udfff]")


def register(app: Flask) -> None:
    """An address with such a character names nothing; a query, form or JSON body with one breaks a rule."""
    app.before_request(_check)


def _check() -> None:
    if _UNFIT.search(request.path):
        raise NotFound
    _refuse(request.args.items(multi=True))
    if is_open_door() or (declared("takes_upload") and visitor() is None):
        return
    _refuse(request.form.items(multi=True))
    _refuse((name, file.filename or "") for name, file in request.files.items(multi=True))
    if request.is_json and any(mark in request.get_data(cache=True) for mark in (b"\\u", b"\0")):
        _refuse(_texts(request.get_json(silent=True)))


def _refuse(texts: Iterable[tuple[str, str]]) -> None:
    for name, text in texts:
        if _UNFIT.search(name) or _UNFIT.search(text):
            field = _UNFIT.sub("", name)
            words = (f"{field}：含有不能保存的字符（NUL）", f"{field}: holds a character that no text may hold (NUL)")
            raise Invalid("invalid_input", words, ("请去掉这个字符", "take the character out"), field)


def _texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a JSON value with the field that holds it."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield (f"{path}.{name}" if path else name), ""
            yield from _texts(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, path)
