"""The page on reports names every figure with its formula and its sources, as the code has them."""

from __future__ import annotations

from saas.reports.definitions import DEFINITIONS, SOURCES
from tests.docs.conftest import page, rows, spans


def test_every_figure_stands_on_the_page_as_the_code_has_it() -> None:
    table = {spans(row[0])[0]: row for row in rows(page("docs/reports.md").section("The figures")) if spans(row[0])}
    assert list(table) == list(DEFINITIONS)
    for name, one in DEFINITIONS.items():
        assert table[name][1] == one.formula[1]
        assert tuple(spans(table[name][2])) == one.sources


def test_every_source_is_explained() -> None:
    assert set(SOURCES) <= set(spans(page("docs/reports.md").section("The figures")))
