"""What a schema refused, as one problem with every field and its rule."""

from __future__ import annotations

import re
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
    "Invalid value.": "值不对",
    "Invalid input.": "值不对",
    "Invalid type.": "类型不对",
    "Not a valid number.": "要是数",
    "Number too large.": "数太大",
    "Special numeric values (nan or infinity) are not permitted.": "不能是 nan 或无穷大",
    "Not a valid utf-8 string.": "要是 UTF-8 文字",
    "Not a valid UUID.": "要是 UUID",
    "Not a valid date.": "要是日期",
    "Not a valid time.": "要是时刻",
    "Not a valid datetime.": "要是时间",
    "Not a valid aware datetime.": "要是带时区的时间",
    "Not a valid URL.": "要是网址",
    "String does not match expected pattern.": "格式不对",
}
_ZH_OF = (
    (re.compile(r"Must be one of: (.*)\."), r"要是这些之一：\1"),
    (re.compile(r"Length must be between (\d+) and (\d+)\."), r"长度要在 \1 到 \2 之间"),
    (re.compile(r"Length must be (\d+)\."), r"长度要是 \1"),
    (re.compile(r"Shorter than minimum length (\d+)\."), r"至少要有 \1 个字"),
    (re.compile(r"Longer than maximum length (\d+)\."), r"最多 \1 个字"),
    (re.compile(r"Must be greater than or equal to (\S+)\."), r"不能小于 \1"),
    (re.compile(r"Must be less than or equal to (\S+)\."), r"不能大于 \1"),
    (re.compile(r"Must be greater than (\S+)\."), r"要大于 \1"),
    (re.compile(r"Must be less than (\S+)\."), r"要小于 \1"),
    (re.compile(r"Must be greater than or equal to (\S+) and less than or equal to (\S+)\."), r"要在 \1 到 \2 之间"),
    (re.compile(r"Must be equal to (.*)\."), r"要等于 \1"),
)


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
    """A sentence of the schema library in both languages; one it has no words for stands in brackets."""
    for pattern, words in _ZH_OF:
        if found := pattern.fullmatch(text):
            return (found.expand(words), text)
    return (_ZH.get(text, f"不符合要求（{text}）"), text)
