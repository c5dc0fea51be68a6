"""The shape of the code: small modules, functions of a breath, names of the field; each message says what to do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from tests.architecture.conftest import Source

LONGEST_MODULE = 300
LONGEST_FUNCTION = 40
VAGUE = re.compile(r"(^|_)(utils?|helpers?|managers?|base|commons?|misc|stuff)(_|$)", re.IGNORECASE)
Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(source: Source) -> Iterator[Function]:
    return (node for node in ast.walk(source.tree) if isinstance(node, Function))


def length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def test_the_sources_are_found(sources: list[Source], product: list[Source]) -> None:
    names = {source.name for source in sources}
    assert {"run.py", "saas/channels/spec.py", "tests/architecture/test_shape.py"} <= names
    assert not any(source.is_test for source in product)


def test_no_module_is_longer_than_three_hundred_lines(sources: list[Source]) -> None:
    long = {source.name: source.text.count("\n") for source in sources}
    assert {name: lines for name, lines in long.items() if lines > LONGEST_MODULE} == {}, "split it by what it is about"


def test_no_function_is_longer_than_forty_lines(sources: list[Source]) -> None:
    long = [f"{source.name}:{f.lineno} {f.name} {length(f)}" for source in sources for f in functions(source)]
    assert [line for line in long if int(line.rsplit(" ", 1)[1]) > LONGEST_FUNCTION] == [], "split it by verb"


def test_most_functions_are_of_a_breath(product: list[Source]) -> None:
    assert median(length(f) for source in product for f in functions(source)) < 10


def test_every_module_says_what_it_is(product: list[Source]) -> None:
    silent = [source.name for source in product if source.text.strip() and not ast.get_docstring(source.tree)]
    assert silent == [], "begin the module with a docstring of one sentence"


def test_names_are_the_fields_own(sources: list[Source]) -> None:
    modules = [
        source.name for source in sources if any(VAGUE.search(part.removesuffix(".py")) for part in source.name.split("/"))
    ]
    classes = [
        f"{source.name}:{node.lineno} {node.name}"
        for source in sources
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef) and re.search(r"(Utils?|Helpers?|Manager|Common)$|^Base[A-Z]", node.name)
    ]
    assert modules + classes == [], "name it for what it does: quota, window, lease, receipt"


def test_tests_are_flat_functions(sources: list[Source]) -> None:
    nested = [
        f"{source.name}:{node.lineno}"
        for source in sources
        if source.is_test and source.path.name.startswith("test_")
        for node in source.tree.body
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test")
    ]
    assert nested == [], "write test functions named as sentences"


def test_nothing_is_left_for_later(sources: list[Source], root: Path) -> None:
    later = re.compile(r"#\s*(TODO|FIXME|XXX|HACK)\b")
    assert [source.name for source in sources if later.search(source.text)] == [], "do it, or open an issue"
