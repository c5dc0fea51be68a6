"""Values of a JSON object read by type; what does not fit is Invalid with its field."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from saas.content.faults import shown
from saas.kernel.errors import Invalid

_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_LINES = re.compile(r"\r\n?")
MOST = 2_000_000


def odd(value: Any, field: str = "") -> None:
    """Raise Invalid for a character that no text may hold, with the field that holds it."""
    if isinstance(value, str):
        _fit(value, field)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            odd(inner, f"{field}.{key}" if field else str(key))
    elif isinstance(value, Sequence):
        for inner in value:
            odd(inner, field)


def storable(value: Any) -> Any:
    """The same without characters that a database refuses: for what must be kept whatever it holds."""
    if isinstance(value, str):
        return _UNFIT.sub("�", value)
    if isinstance(value, Mapping):
        return {storable(str(key)): storable(inner) for key, inner in value.items()}
    return [storable(inner) for inner in value] if isinstance(value, list | tuple) else value


def _fit(value: str, field: str) -> None:
    found = _UNFIT.search(value)
    if found:
        code = f"U+{ord(found[0]):04X}"
        words = (f"{field} 含有看不见的控制字符 {code}", f"{field} holds the invisible control character {code}")
        remedy = ("在编辑器里显示不可见字符并删除", "show invisible characters in the editor and delete it")
        raise Invalid("control_character", words, remedy, field)


def only(given: Mapping[str, Any], known: Sequence[str], place: str = "") -> None:
    """Raise Invalid for a key that is not known."""
    for key in given:
        if key not in known:
            words = (f"没有字段 {place}{shown(str(key))}", f"there is no field {place}{shown(str(key))}")
            every = ", ".join(known)
            raise Invalid("unknown_key", words, (f"可用：{every}", f"known: {every}"), f"{place}{shown(str(key))}")


def text(given: Mapping[str, Any], key: str, most: int = MOST, place: str = "", lines: bool = False, need: bool = False) -> str:
    """A text of at most ``most`` characters; one line unless ``lines``."""
    value, field = given.get(key), f"{place}{key}"
    if value is None:
        value = ""
    if not isinstance(value, str):
        raise _wrong(field, "文字", "text")
    value = _LINES.sub("\n", value) if lines else " ".join(value.split())
    if most and len(value) > most:
        over = len(value) - most
        words = (f"{field} 超出 {over:,} 个字（最多 {most:,}）", f"{field} is {over:,} characters too long (at most {most:,})")
        raise Invalid("too_long", words, (f"减少 {over:,} 个字", f"take out {over:,} characters"), field)
    if need and not value.strip():
        raise Invalid("missing", (f"{field} 没有写", f"{field} is missing"), ("请填写", "fill it in"), field)
    return value


def flag(given: Mapping[str, Any], key: str) -> bool:
    """true or false; false when absent."""
    value = given.get(key, False)
    if not isinstance(value, bool):
        raise _wrong(key, "true 或 false", "true or false")
    return value


def number(given: Mapping[str, Any], key: str) -> int:
    """A whole number that is not negative; 0 when absent."""
    value = given.get(key) or 0
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
        raise _wrong(key, "不小于 0 的整数", "a whole number, not negative")
    return value


def mapping(given: Mapping[str, Any], key: str, place: str = "") -> Mapping[str, Any]:
    """An object; empty when absent."""
    value = given.get(key)
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise _wrong(f"{place}{key}", "对象", "an object")
    return value


def _wrong(field: str, zh: str, en: str) -> Invalid:
    words = (f"{field} 要是{zh}", f"{field} must be {en}")
    return Invalid("wrong_type", words, ("改正这个字段", "correct this field"), field)
