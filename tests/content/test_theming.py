# ruff: noqa: E501  (articles as they are stored)
"""Themes of the editor: put on, changed, taken off; what the writer set stays, and what is not theirs is not touched."""

from __future__ import annotations

import pytest

from saas.content.library.bodies import clean
from saas.content.theming import THEMES, themed
from saas.kernel.errors import Invalid

PLAIN = "<h2>一</h2><p>二 &amp; 三<br></p><ul><li>四</li></ul><pre><code>x &lt; 1</code></pre><table><tbody><tr><td>五</td></tr></tbody></table>"
FOREIGN = '<section style="margin:1px"><svg viewBox="0 0 1 1"><path d="M0 0" stroke="#000"></path></svg><mp-card data-x="1"></mp-card></section>'


@pytest.mark.parametrize("name", THEMES)
def test_a_theme_put_on_and_taken_off_leaves_the_article_as_it_was(name: str) -> None:
    dressed = themed(PLAIN, name)
    assert dressed != PLAIN
    assert themed(dressed, "") == PLAIN


def test_from_one_theme_to_another_nothing_of_the_first_is_left() -> None:
    assert themed(themed(PLAIN, "ink"), "peony") == themed(PLAIN, "peony")


def test_what_the_writer_set_wins_and_stays() -> None:
    own = '<p style="margin:40px 0;color:#ff0000">x</p>'
    dressed = themed(own, "sky")
    assert "margin:40px 0" in dressed
    assert "margin:0 0 16px" not in dressed
    assert themed(dressed, "") == own


def test_sections_svg_and_platform_tags_are_not_touched() -> None:
    assert themed(FOREIGN, "coffee") == FOREIGN


@pytest.mark.parametrize("name", THEMES)
def test_what_a_theme_writes_is_kept_by_the_library_as_it_is(name: str) -> None:
    dressed = clean(themed(PLAIN, name))
    assert clean(dressed) == dressed
    assert dressed.count("style=") >= 6


def test_a_theme_there_is_not_is_named() -> None:
    with pytest.raises(Invalid, match="no theme 'neon'"):
        themed(PLAIN, "neon")
