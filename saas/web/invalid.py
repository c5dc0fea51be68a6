"""What a schema refused, as one problem with every field and its rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from saas.kernel.errors import Invalid, Words

_ZH = {
    "Unknown field.": "没有这个字段",
    "Missing data for required field.": "必填",
    "Field may not be null.": "不能为空",
    "Not a valid integer.": "要是整数",
    "Not a valid string.": "要是文字",
    "Not a valid boolean.": "要是 true 或 false",
    "Not a valid list.": "要是列表",
    "Not a valid mapping type.": "要是对象",
    "Not a valid email address.": "要是邮箱",
    "Invalid input type.": "类型不对",
    "Invalid JSON body.": "不是有效的 JSON",
}


def invalid_input(messages: Any) -> Invalid:
    """The problem for what webargs collected: location → field → sentences."""
    found = list(_flat(messages, ()))
    field, text = found[0] if found else ("", "")
    zh, en = _sentence(text)
    words = (f"{field}：{zh}" if field else zh, f"{field}: {en}" if field else en)
    fields = [{"field": name, "message": list(_sentence(sentence))} for name, sentence in found[:100]]
    return Invalid("invalid_input", words, ("请按文档修改该字段", "correct the field as documented"), field, fields=fields)


def _flat(messages: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(messages, dict):
        for name, inner in messages.items():
            yield from _flat(inner, (*path, str(name)))
    elif isinstance(messages, list) and any(isinstance(inner, dict | list) for inner in messages):
        for inner in messages:
            yield from _flat(inner, path)
    else:
        for sentence in messages if isinstance(messages, list) else [messages]:
            yield ".".join(part for part in path[1:] if part != "_schema"), str(sentence)


def _sentence(text: str) -> Words:
    return (_ZH.get(text, f"不符合要求（{text}）"), text)
