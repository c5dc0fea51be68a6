"""The templates keep the content policy and speak both languages: what a browser would drop in silence is found here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from saas.ops.assets import icon_names
from saas.web.console import words
from saas.web.console.pages import STATIC, WEB

TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
CHINESE = re.compile(r"[\u4e00-\u9fff]")
PAIR = re.compile(r"\bt\(\s*'((?:[^'\\]|\\.)*)'\s*,\s*'((?:[^'\\]|\\.)*)'")
CALL = re.compile(r"(?<![\w.])t\(")


def name(path: Path) -> str:
    return path.relative_to(WEB).as_posix()


def pairs(text: str) -> Iterator[tuple[str, str]]:
    return ((found[1], found[2]) for found in PAIR.finditer(text))


def placeholders(sentence: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", sentence))


@pytest.fixture(params=TEMPLATES, ids=name)
def template(request: pytest.FixtureRequest) -> str:
    text: str = request.param.read_text(encoding="utf-8")
    return text


def test_the_templates_are_found() -> None:
    assert {"layout.html", "sign_in.html", "accounts.html"} <= {path.name for path in TEMPLATES}


@pytest.mark.parametrize(
    "forbidden",
    [r"\sstyle\s*=", r"\son[a-z]+\s*=", r"hx-on", r"hx-vals\s*=\s*.?js:", r"hx-trigger=\"[^\"]*\[", r"<style", r"javascript:"],
)
def test_nothing_inline_that_the_content_policy_drops(template: str, forbidden: str) -> None:
    assert re.findall(forbidden, template) == [], "use a class, an attribute of SVG, or a data- attribute read by console.js"


def test_scripts_are_files_of_ours(template: str) -> None:
    for tag in re.findall(r"<script[^>]*>", template):
        assert "asset(" in tag, "a script is a file under static/, never inline"


def test_nothing_comes_from_another_host(template: str) -> None:
    assert re.findall(r"(?:src|href|action)=\"(?:https?:)?//", template) == []


def test_every_sentence_has_both_languages(template: str) -> None:
    found = list(pairs(template))
    assert len(found) == len(CALL.findall(template)), "write t('中文', 'English') with two plain strings"
    for zh, en in found:
        assert not CHINESE.search(en), en
        assert placeholders(zh) == placeholders(en), (zh, en)


def test_no_sentence_stands_outside_a_pair(template: str) -> None:
    bare = PAIR.sub("", re.sub(r"\{#.*?#\}", "", template, flags=re.DOTALL))
    bare = bare.replace("'中文'", "").replace("join('、')", "")
    assert CHINESE.findall(bare) == []


def test_every_icon_is_in_the_sprite() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in TEMPLATES)
    called = set(re.findall(r"(?:icon|empty)\('([a-z0-9-]+)'", text))
    called |= {icon for found in re.findall(r"note\('\w*', '([a-z0-9-]+)'", text) for icon in [found]}
    tables = (words.CAMPAIGN_STATES, words.ACCOUNT_STATES, words.SEVERITIES, words.KINDS)
    called |= {label.icon for table in tables for label in table.values()} | set(words.CHANNEL_ICONS.values())
    assert called - set(icon_names()) == set(), "add the name to saas/ops/assets/icons.txt"


def test_a_form_that_changes_something_carries_its_token(template: str) -> None:
    for form in re.findall(r"<form[^>]*method=\"post\".*?</form>", template, flags=re.DOTALL):
        assert "csrf()" in form or "secret=secret" in form, "where no cookie speaks, the secret of the address does"


def test_every_token_of_the_stylesheets_is_defined() -> None:
    css = "".join((STATIC / sheet).read_text(encoding="utf-8") for sheet in ("console.css", "pages.css"))
    assert set(re.findall(r"var\((--[\w-]+)", css)) - set(re.findall(r"(--[\w-]+)\s*:", css)) == set()
