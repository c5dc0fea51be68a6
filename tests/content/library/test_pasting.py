# ruff: noqa: E501  (what a clipboard holds has long lines)
"""What is pasted comes in as words in order, without looks, without anything that runs or lies elsewhere."""

from __future__ import annotations

import pytest

from saas.content.library.bodies import clean, words_of
from saas.content.library.pasting import pasted
from saas.kernel.errors import Invalid

WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:w="urn:schemas-microsoft-com:office:word"><head>
<style>p.MsoNormal{mso-style-unhide:no;font-family:宋体}</style><!--[if gte mso 9]><xml><w:WordDocument/></xml><![endif]--></head><body lang=ZH-CN>
<!--StartFragment--><h1 style='mso-pagination:widow-orphan'><span lang=EN-US>1. </span>春分</h1>
<p class=MsoNormal align=center style='text-align:center;mso-margin-top-alt:auto'><b><span style='font-size:12.0pt;font-family:宋体;color:red'>第一句</span></b><span lang=EN-US><o:p></o:p></span></p>
<p class=MsoListParagraph style='margin-left:18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span style='mso-list:Ignore'>·<span>&nbsp;&nbsp;</span></span><![endif]>第二句</p>
<table class=MsoTableGrid border=1 style='border-collapse:collapse;mso-yfti-tbllook:1184'><tr><td width=276 style='padding:0cm 5.4pt'><p class=MsoNormal>格子</p></td></tr></table>
<img width=100 src="file:///D:/temp/msohtmlclip1/clip_image001.png"><p class=MsoNormal><o:p>&nbsp;</o:p></p><!--EndFragment--></body></html>"""
WEB = """<div class="post" onclick="steal()"><style>.x{}</style><script>alert(1)</script><div><h2 id="a" style="color:#123;font-family:Arial">标题</h2>
<p style="font-size:18px">一段<a href="https://www.example.com/a" onmouseover="x()">链接</a><a href="javascript:alert(1)">坏链接</a></p>
<iframe src="https://evil.test"></iframe><img src="https://other.test/a.png" onerror="x()"><ul><li>一</li><li>二</li></ul></div></div>"""


def test_word_comes_in_as_its_words_in_order() -> None:
    html = pasted(WORD)
    assert words_of(html).split() == ["1.", "春分", "第一句", "•", "第二句", "格子"]
    for mark in ("Mso", "mso-", "<o:p", "font-", "file:", "<span", "<style", "xml", "<!--"):
        assert mark not in html, mark


def test_what_bears_meaning_in_word_stays() -> None:
    html = pasted(WORD)
    assert '<p style="text-align:center"><b>第一句</b></p>' in html
    assert "<table>" in html
    assert html.startswith("<h1>")


def test_a_web_page_comes_in_without_looks_and_without_anything_that_runs() -> None:
    html = pasted(WEB)
    assert '<a href="https://www.example.com/a">链接</a>' in html
    for mark in ("script", "alert", "on", "iframe", "style", "class", "javascript"):
        assert f"{mark}=" not in html
        assert f"<{mark}" not in html
    assert "javascript" not in html
    assert ' src="https://other.test' not in html


@pytest.mark.parametrize("html", [WORD, WEB, "", "plain words", "<p>🀄𠮷</p>", "<b><p>x</b></p><td>y"])
def test_what_was_cleaned_once_is_clean(html: str) -> None:
    once = pasted(html)
    assert clean(once) == once
    assert pasted(once) == once


def test_a_paste_of_ten_megabytes_is_refused() -> None:
    with pytest.raises(Invalid):
        pasted("<p>" + "x" * 10_000_000)


def test_ten_thousand_nested_tags_are_refused() -> None:
    with pytest.raises(Invalid):
        pasted("<div>" * 10_000)
