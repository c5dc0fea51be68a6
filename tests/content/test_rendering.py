"""Markdown to the HTML platforms keep: styled inline, nothing that runs, pictures by their hash."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saas.content.markdown import plain_text, scan
from saas.content.rendering import render_article
from saas.content.sanitise import inspect

SHA = "ab" * 32


def test_headings_tables_quotes_lists_and_pictures_carry_their_styles() -> None:
    body = "## 标题\n\n- 一\n\n> 引\n\n| a | b |\n|---|--:|\n| 1 | 2 |\n\n`x` ~~旧~~\n\n![杯](images/a.jpg)\n"
    html = render_article(body, {"images/a.jpg": SHA})
    for tag in ("<h2 style=", "<ul style=", "<li style=", "<blockquote style=", "<table style=", "<th style=", "<code style="):
        assert tag in html
    assert f'<img src="media:{SHA}" alt="杯" style=' in html
    assert "text-align:right" in html
    assert "<s>旧</s>" in html
    assert "class=" not in html


def test_a_line_break_inside_a_chinese_sentence_is_no_space() -> None:
    assert "攒得足。我们把" in render_article("攒得足。\n我们把", {})
    assert "one\ntwo" in render_article("one\ntwo", {})


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<a href='javascript:alert(1)'>a</a>",
    "<a href='jav&#x09;ascript:alert(1)'>a</a>",
    "[a](javascript:alert(1))",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "[a](vbscript:x)",
    "![a](javascript:alert(1))",
    "<iframe src='https://e.com'></iframe>",
    '<p style="background:url(javascript:alert(1))">x</p>',
    "<p style='color:expression(alert(1))'>x</p>",
    "<math><mi xlink:href='javascript:alert(1)'>x</mi></math>",
    "<form action='https://e.com'><input></form>",
    "<object data='x'></object><embed src='x'>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>"></noscript>',
    "<style>@import 'https://e.com/x.css'</style>",
    "<b onclick=alert(1)>b</b>",
    "<template><script>alert(1)</script></template>",
    "<img src='media:" + "cd" * 32 + "'>",
    "<img src='//e.com/a.png'>",
    "![](https://e.com/a.png)",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_nothing_that_runs_or_loads_survives(attack: str) -> None:
    html = render_article(f"前\n\n{attack}\n\n后", {"images/a.jpg": SHA}).lower()
    for trace in (
        "<script",
        "javascript",
        "onerror",
        "onclick",
        "onload",
        "<iframe",
        "<svg",
        "<img",
        "e.com",
        "url(",
        "expression",
    ):
        assert trace not in html
    assert "前" in html
    assert "后" in html


@pytest.mark.parametrize("attack", [a for a in ATTACKS if a.startswith("<") and "src='" not in a and "href=" not in a])
def test_each_thing_that_runs_is_named_with_its_line(attack: str) -> None:
    found, _, _ = inspect(scan(f"前\n\n{attack}\n", 5).raw, "a.md")
    assert any(f.severity == "block" and f.line == 7 for f in found)


def test_pictures_and_links_keep_their_lines_in_paragraphs_tables_and_html() -> None:
    body = "前\n![a](1.png)\n\n| x |\n|---|\n| ![b](2.png) |\n\n<div>\n<img src='3.png'>\n</div>\n\n- [l](https://a.cn)\n"
    everything = scan(body, 10)
    assert [(p.value, p.line) for p in everything.images] == [("1.png", 11), ("2.png", 15)]
    assert [(p.value, p.line) for p in inspect(everything.raw, "a.md")[1]] == [("3.png", 18)]
    assert [(p.value, p.line) for p in everything.links] == [("https://a.cn", 21)]


def test_plain_text_holds_the_words_and_nothing_else() -> None:
    body = "## 题\n\n**粗**[链](https://a.cn)<b>体</b>\n\n| 甲 | 乙 |\n|-|-|\n| 1 | 2 |\n\n<script>x</script>\n\n`码`\n"
    assert plain_text(body) == "题\n粗链体\n甲乙\n1 2\n码"


def test_ten_thousand_nested_tags_and_a_huge_table_are_rendered_in_time() -> None:
    started = time.monotonic()
    assert "芯" in render_article("<div>" * 10_000 + "芯", {})
    assert render_article("> " * 10_000 + "x", {})
    table = render_article("|a|b|\n|-|-|\n" + "|x|y|\n" * 5_000, {})
    assert table.count("<tr>") == 5_001
    assert time.monotonic() - started < 10


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.sampled_from(list("<>/=\"'&;:!-[]()*_`#|\n ab図svgimgonjavascript")), max_size=200))
def test_no_text_makes_html_that_runs(body: str) -> None:
    html = render_article(body, {}).lower()
    assert "<script" not in html
    assert "<img" not in html
    assert inspect(scan(body).raw, "a.md") is not None
