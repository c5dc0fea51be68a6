"""The automaton, its excuses, words by their sound, and that no text takes long or breaks it."""

from __future__ import annotations

import time
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saas.channels import Passage
from saas.channels.wording import WordPack, normalise
from saas.channels.wording.edits import edit

HEAD = '[[term]]\nrule = "r"\nseverity = "warn"\nlaw = "l"\nzh = "z"\nen = "e"\ninstead_zh = "i"\ninstead_en = "i"\n'
DAY = date(2026, 11, 22)


def marked(pack: str, text: str, trades: tuple[str, ...] = (), day: date = DAY) -> list[tuple[str, str]]:
    found = WordPack(HEAD + pack).findings([Passage(text, "a.md", 1)], trades, day)
    return [(f.severity, text[start:end]) for f in found for start, end in f.marks]


@pytest.mark.parametrize(
    "written",
    [
        "國家級",
        "国 家 级",
        "国😀家🎁级",
        "国𝟎".replace("𝟎", "") + "家级",
        "国\u200b家\u2060级",
        "囯家級",
        "国家⺀级".replace("⺀", ""),
        "国_家_级",
    ],
)
def test_a_word_is_found_however_its_letters_are_written(written: str) -> None:
    assert marked('words = ["国家级"]', f"前言{written}后语") == [("warn", written)]


@pytest.mark.parametrize(
    ("written", "word"),
    [("国加级", "国家级"), ("guo家级", "国家级"), ("蕞低价", "最低价"), ("zui低价", "最低价"), ("集攒有礼", "集赞有礼")],
)
def test_a_word_that_only_sounds_the_same_is_read_as_the_word(written: str, word: str) -> None:
    assert marked(f'sound = true\nwords = ["{word}"]', f"这是{written}。") == [("warn", written)]


def test_a_real_word_that_sounds_the_same_is_left_alone() -> None:
    assert marked('sound = true\nwords = ["最高级"]', "全场最高机会难得，最高纪录由他保持") == []


def test_a_wrapped_line_does_not_hide_a_word_and_a_heading_does_not_make_one() -> None:
    assert marked('words = ["国家级"]', "这一行写了很多很多字一直写到了行尾才断在国家\n级的后面")[0][1] == "国家\n级"
    assert marked('words = ["国家级"]', "# 国家\n级别") == []


def test_an_excuse_holds_for_what_lies_inside_it() -> None:
    assert marked('words = ["第一"]\nunless = ["第一(?:季度|次)"]', "第一季度，第一次，全国第一") == [("warn", "第一")]


def test_a_sentence_about_the_rule_is_only_a_note() -> None:
    text = "广告法禁止使用最佳。本店是最佳。"
    assert marked('words = ["最佳"]', text) == [("note", "最佳"), ("warn", "最佳")]
    assert marked('always = true\nwords = ["最佳"]', text) == [("warn", "最佳")] * 2


def test_words_of_a_trade_hold_for_that_trade_and_are_notes_where_none_is_known() -> None:
    pack = 'trades = ["finance"]\nwords = ["秒批"]'
    assert marked(pack, "秒批", ("finance",)) == [("warn", "秒批")]
    assert marked(pack, "秒批", ("food",)) == []
    assert marked(pack, "秒批") == [("note", "秒批")]


def test_an_entry_holds_between_its_days() -> None:
    pack = 'from = 2026-01-01\nuntil = 2027-01-01\nwords = ["甲乙"]'
    assert [len(marked(pack, "甲乙", day=day)) for day in (date(2025, 12, 31), date(2026, 1, 1), date(2027, 1, 1))] == [0, 1, 0]


def test_templates_make_every_word_and_the_widest_is_told() -> None:
    pack = '[sets]\nwhere = ["全国", "全网"]\ntop = ["第一", "唯一"]\n' + HEAD + 'templates = ["{where}{top}"]\nwords = ["第一"]'
    (term,) = WordPack(pack).terms
    assert set(term.words) == {"第一", "全国第一", "全国唯一", "全网第一", "全网唯一"}
    assert [text for _, text in marked_of(pack, "全网第一")] == ["全网第一"]


def marked_of(pack: str, text: str) -> list[tuple[str, str]]:
    found = WordPack(pack).findings([Passage(text, "a.md")], (), DAY)
    return [(f.severity, text[start:end]) for f in found for start, end in f.marks]


def test_a_finding_quotes_the_words_in_their_line_and_suggests_others() -> None:
    pack = WordPack(HEAD + 'words = ["最佳"]\ninstead = { "最佳" = "优选" }')
    (found,) = pack.findings([Passage("第一行\n这是最**佳**的选择\n", "a.md", 4)], (), DAY)
    assert found.line == 5
    assert found.quotes == (("这是", "最**佳", "**的选择"),)
    assert "“最佳” → 优选" in found.remedy[0]


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ('words = ["a"]\ncolour = "red"', "colour"),
        ("", "neither words nor templates nor patterns"),
        ('words = ["a"]\ntrades = ["ships"]', "ships"),
        ('patterns = ["("]', "term 1"),
        ('templates = ["{nobody}"]', "nobody"),
    ],
)
def test_a_bad_entry_is_refused_by_name(entry: str, fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        WordPack(HEAD + entry)


LETTERS = list("国家级最佳转发抽奖赞国ⅨＡ㈱ﬁ 　*<b>/&;#23\u200b\u0301１％\n𠮷é（）[]()😀\x00אבעم\u202e")


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from(LETTERS), max_size=80))
def test_normalised_places_lead_back_in_order(text: str) -> None:
    normal = normalise(text)
    spans = [normal.mark(at, at + 1) for at in range(len(normal.text))]
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert spans == sorted(spans)
    assert all(normalise(text[a:b]).text for a, b in spans if text[a:b].isalnum())


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40), st.lists(st.tuples(st.integers(0, 40), st.integers(0, 6), st.text(max_size=3)), max_size=5))
def test_edits_lead_back_to_what_stood_there(text: str, wishes: list[tuple[int, int, str]]) -> None:
    edits, at = [], 0
    for start, length, instead in sorted(wishes):
        if at <= start < start + length <= len(text):
            edits.append((start, start + length, instead))
            at = start + length
    made = edit(text, edits)
    assert len(made.text) == len(text) + sum(len(new) - (end - start) for start, end, new in edits)
    for index, char in enumerate(made.text):
        start, end = made.span(index)
        inside = [new for a, b, new in edits if (a, b) == (start, end)]
        assert (inside and char in inside[0]) or text[start:end] == char


@pytest.mark.parametrize(
    "text",
    [
        "转发" * 60_000,
        "<" * 400_000,
        "最" * 2_000_000,
        "&#" * 300_000,
        " \u200b" * 300_000,
        "[a](" * 200_000,
        "全国第一" * 100_000,
        "国 " * 400_000,
    ],
)
def test_no_text_takes_long(text: str) -> None:
    pack = WordPack(
        HEAD
        + 'anchors = ["转发"]\npatterns = ["转发[^。]{0,40}?抽奖"]\nwords = ["全国第一", "国家级"]\nunless = ["第一[^。]{0,9}次"]'
    )
    began = time.process_time()
    pack.findings([Passage(text, "a.md", 1)], (), DAY)
    assert time.process_time() - began < 8


def test_rare_letters_right_to_left_text_and_nul_pass_through() -> None:
    text = "𠮷野家\x00שלום\u202eمرحبا国\x00家级𠮷"
    assert marked('words = ["国家级"]', text) == [("warn", "国\x00家级")]
    (found,) = WordPack(HEAD + 'words = ["国家级"]').findings([Passage(text, "a.md", 1)], (), DAY)
    assert all(part.isprintable() for quote in found.quotes for part in quote)
