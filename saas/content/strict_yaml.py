"""YAML from strangers: safe tags only, no aliases, bounded, and every key with its line."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

import yaml

from saas.channels import Finding
from saas.content.faults import block, in_file, shown

MAX_BYTES = 256_000
MAX_DEPTH = 12
MAX_NODES = 20_000
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
TRUE = {"true", "yes", "on", "y", "是"}
FALSE = {"false", "no", "off", "n", "否"}


def read_mapping(text: str, where: str, first_line: int, found: list[Finding]) -> Fields | None:
    """The top-level mapping of a YAML text, or None with the reason in ``found``. ``first_line`` counts from 1."""
    if (size := len(text.encode("utf-8", "replace"))) > MAX_BYTES:
        message = (f"YAML 有 {size:,} 字节，太长了", f"the YAML has {size:,} bytes: too long")
        found.append(
            block("yaml_size", where, message, (f"控制在 {MAX_BYTES:,} 字节以内", f"keep it within {MAX_BYTES:,} bytes"))
        )
        return None
    try:
        _guard(text)
        node = yaml.compose(text, Loader=_LOADER)
    except _Refused as refused:
        found.append(block(refused.rule, where, refused.message, refused.remedy, first_line + refused.line))
        return None
    except yaml.YAMLError as error:
        found.append(_syntax(error, where, first_line))
        return None
    if node is None:
        return Fields(yaml.MappingNode("tag:yaml.org,2002:map", []), where, found, first_line)
    if not isinstance(node, yaml.MappingNode):
        message = ("内容应当是“键: 值”的列表", "the content must be a list of “key: value”")
        found.append(
            block("yaml_form", where, message, ("每行写一个键，例如 name: …", "write one key a line, e.g. name: …"), first_line)
        )
        return None
    return Fields(node, where, found, first_line)


class _Refused(Exception):
    def __init__(self, rule: str, line: int, message: tuple[str, str], remedy: tuple[str, str]) -> None:
        super().__init__(message[1])
        self.rule, self.line, self.message, self.remedy = rule, line, message, remedy


def _guard(text: str) -> None:
    """Refuse aliases, deep nesting and huge documents from the event stream, before anything is built."""
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=_LOADER)):
        line = event.start_mark.line if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent):
            message = ("不接受 YAML 引用（&、*）", "YAML aliases (& and *) are not accepted")
            raise _Refused("yaml_alias", line, message, ("把内容直接写出来", "write the content out"))
        if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            depth += 1
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            depth -= 1
        if depth > MAX_DEPTH or count > MAX_NODES:
            message = ("YAML 嵌套太深或太大", "the YAML is nested too deeply or too large")
            raise _Refused("yaml_depth", line, message, (f"最多 {MAX_DEPTH} 层", f"at most {MAX_DEPTH} levels"))


def _syntax(error: yaml.YAMLError, where: str, first_line: int) -> Finding:
    mark = getattr(error, "problem_mark", None)
    problem = shown(str(getattr(error, "problem", None) or getattr(error, "reason", None) or "unreadable"), 120)
    line = first_line + mark.line if mark else 0
    remedy = ("检查缩进、冒号后的空格与引号", "check the indentation, the space after the colon and the quotes")
    return block("yaml_syntax", where, (f"YAML 写法有误：{problem}", f"the YAML cannot be read: {problem}"), remedy, line)


class Fields:
    """The keys of one mapping, read by type; what does not fit becomes a finding with the key's line."""

    def __init__(self, node: yaml.MappingNode, where: str, found: list[Finding], first_line: int, prefix: str = "") -> None:
        self.where, self.found, self.prefix, self._first = where, found, prefix, first_line
        self.lines: dict[str, int] = {}
        self._nodes: dict[str, yaml.Node] = {}
        for key, value in node.value:
            self._add(key, value)

    def _add(self, key: yaml.Node, value: yaml.Node) -> None:
        name = key.value if isinstance(key, yaml.ScalarNode) else "?"
        line = self._first + key.start_mark.line
        if name in self._nodes:
            message = (
                f"键 {shown(name)} 写了两次（上一次在第 {self.lines[name]} 行）",
                f"key {shown(name)} is doubled (first on line {self.lines[name]})",
            )
            self.found.append(block("key_doubled", self.place(name), message, ("只留一个", "keep one"), line))
            return
        self.lines[name] = line
        self._nodes[name] = value

    def __contains__(self, key: str) -> bool:
        return key in self._nodes

    def each(self) -> list[str]:
        """The keys as written, in order."""
        return list(self._nodes)

    def place(self, key: str) -> str:
        """The place of a key in a finding."""
        return in_file(self.where, self.prefix + shown(key))

    def fault(self, rule: str, key: str, message: tuple[str, str], remedy: tuple[str, str], line: int = 0) -> None:
        """Record a blocking finding on a key."""
        self.found.append(block(rule, self.place(key), message, remedy, line or self.lines.get(key, 0)))

    def refuse_unknown(self, known: tuple[str, ...]) -> None:
        """A blocking finding for every key that is not known, naming the nearest that is."""
        for key in self._nodes:
            if key in known:
                continue
            near = get_close_matches(key.lower(), known, n=1, cutoff=0.6)
            hint = (f"是不是 {near[0]}？", f"did you mean {near[0]}?") if near else ("删掉它", "remove it")
            every = ", ".join(known)
            remedy = (f"{hint[0]} 可用的键：{every}", f"{hint[1]} Known keys: {every}")
            self.fault("unknown_key", key, (f"不认识的键 {shown(key)}", f"unknown key {shown(key)}"), remedy)

    def text(self, key: str, default: str = "") -> str:
        """A scalar as it was written; numbers and dates too stay text."""
        node = self._nodes.get(key)
        if node is None or _is_null(node):
            return default
        if not isinstance(node, yaml.ScalarNode):
            self._wrong(key, ("应当是一段文字", "must be text"))
            return default
        return self._printable(key, str(node.value).strip())

    def _printable(self, key: str, value: str) -> str:
        if any(char < " " and char not in "\t\n\r" for char in value):
            self._wrong(key, ("含有看不见的控制字符，请删去", "holds a control character that cannot be seen; leave it out"))
            return "".join(char for char in value if char >= " " or char in "\t\n\r")
        return value

    def flag(self, key: str, default: bool) -> bool:
        """true or false."""
        value = self.text(key).lower()
        if not value:
            return default
        if value not in TRUE | FALSE:
            self._wrong(key, (f"应当是 true 或 false，现在是 {shown(value)}", f"must be true or false, not {shown(value)}"))
        return value in TRUE

    def texts(self, key: str) -> list[tuple[str, int]] | None:
        """A list of texts with their lines; a single text is a list of one; None when the key is absent."""
        node = self._nodes.get(key)
        if node is None or _is_null(node):
            return None
        items = node.value if isinstance(node, yaml.SequenceNode) else [node]
        if all(isinstance(item, yaml.ScalarNode) for item in items):
            return [(self._printable(key, str(item.value).strip()), self._first + item.start_mark.line) for item in items]
        self._wrong(key, ("应当是一列文字", "must be a list of texts"))
        return None

    def is_list(self, key: str) -> bool:
        """Whether the key holds a list."""
        return isinstance(self._nodes.get(key), yaml.SequenceNode)

    def is_mapping(self, key: str) -> bool:
        """Whether the key holds a mapping."""
        return isinstance(self._nodes.get(key), yaml.MappingNode)

    def mapping(self, key: str) -> Fields | None:
        """A mapping inside, or None when the key is absent."""
        node = self._nodes.get(key)
        if node is None or _is_null(node):
            return None
        if isinstance(node, yaml.MappingNode):
            return Fields(node, self.where, self.found, self._first, f"{self.prefix}{key}.")
        self._wrong(key, ("应当是下一级的“键: 值”", "must hold “key: value” lines of its own"))
        return None

    def _wrong(self, key: str, rule: tuple[str, str]) -> None:
        self.fault(
            "wrong_type", key, (f"{key} {rule[0]}", f"{key} {rule[1]}"), ("照 README 的样例改写", "write it as the example shows")
        )


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:null"
