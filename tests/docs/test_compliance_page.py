"""The page on compliance says what the packs say, and its examples are packs."""

from __future__ import annotations

from datetime import date

from saas.channels import Message, Passage
from saas.channels.checks import GROUP, Checks
from saas.channels.wording import WordPack
from saas.channels.wording.lists import KEYS
from tests.docs.conftest import page, rows, spans

PAGE = "docs/compliance.md"
DAY = date(2026, 11, 22)


def test_every_pack_of_the_product_is_described() -> None:
    described = {name for row in rows(page(PAGE).text.split("## What is seen")[0]) for name in spans(row[0])}
    assert {pack.name for pack in Checks.from_entry_points().all()} <= described


def test_every_key_of_a_term_is_described() -> None:
    described = {name for row in rows(page(PAGE).section("Write a pack")) for name in spans(row[0])}
    assert described == KEYS


def test_the_examples_are_packs_that_find_what_they_are_for() -> None:
    blocks = page(PAGE).blocks()
    assert any(f'[project.entry-points."{GROUP}"]' in block for block in blocks)
    words = WordPack(next(block for block in blocks if "[[term]]" in block))
    code: dict[str, object] = {"__name__": "loud"}
    exec(next(block for block in blocks if "def findings" in block), code)
    checks = Checks([("spirits", words), ("loud", type("Loud", (), {"findings": staticmethod(code["findings"])})())])
    passages = [Passage("今晚不醉不归" + "！" * 12, "a.md")]
    found = checks.findings(Message("text"), passages, (), DAY)
    assert [(finding.rule, finding.severity) for finding in found] == [("loud", "note"), ("spirits_urge", "block")]
