"""Articles written in HTML, footers, crops and what single accounts say otherwise, in a campaign folder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PIL import Image

from saas.channels import Limits
from saas.content.draft import CampaignDraft
from saas.content.folder import read_folder
from saas.content.messages import Workbench, build_message, texts_of
from saas.content.written import words_in

CAMPAIGN = "name: x\nkind: articles\narticles: [articles/1.html]\naccounts: [moon, sun]\n"
FRONT = """---
title: 春分
cover: images/cover.jpg
crops:
  "2.35:1": 0 0.1 1 0.5
  focus: 0.5 0.9
footer: <p>关注 <img src="images/cover.jpg" alt="码"></p>
variants:
  moon: {title: 月亮的春分, footer: "<p>月亮</p>"}
  sun: {cover: images/sun.jpg}
---
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A campaign folder with two pictures and no article yet."""
    (tmp_path / "articles").mkdir()
    (tmp_path / "images").mkdir()
    for name, colour in (("cover", "teal"), ("sun", "gold")):
        Image.new("RGB", (1000, 800), colour).save(tmp_path / f"images/{name}.jpg")
    (tmp_path / "campaign.yaml").write_text(CAMPAIGN, encoding="utf-8")
    return tmp_path


def article(folder: Path, body: str, front: str = FRONT) -> None:
    """Write the article."""
    (folder / "articles/1.html").write_text(front + body, encoding="utf-8")


def draft_of(folder: Path) -> CampaignDraft:
    """The draft, which must have no fault that blocks."""
    reading = read_folder(folder)
    assert [f for f in reading.findings if f.severity == "block"] == []
    assert reading.campaign is not None
    return reading.campaign


def test_html_keeps_its_own_styles_sections_svg_and_platform_tags(folder: Path) -> None:
    body = (
        '<section data-id="7" style="display:flex"><svg viewBox="0 0 9 9"><path d="M0 0"></path></svg>'
        '<mp-common-profile data-nickname="x"></mp-common-profile><p style="color:red">好</p></section>'
    )
    article(folder, body)
    draft = draft_of(folder).said_by("moon")
    files = read_folder(folder).files
    assert files is not None
    built = build_message(draft, "articles", Limits(), Workbench(files))
    assert built.message.articles[0].html == body + "<p>月亮</p>"
    assert words_in(draft.articles[0]) == "好\n月亮"


def test_each_account_says_its_own_title_cover_and_footer(folder: Path) -> None:
    article(folder, "<p>好</p>")
    draft, files = draft_of(folder), read_folder(folder).files
    assert files is not None
    bench = Workbench(files)
    plain, moon, sun = (
        build_message(draft.said_by(key), "articles", Limits(), bench).message.articles[0] for key in ("", "moon", "sun")
    )
    assert (plain.title, moon.title, sun.title) == ("春分", "月亮的春分", "春分")
    assert moon.cover == plain.cover != sun.cover
    assert plain.html.startswith('<p>好</p><p>关注 <img src="media:') and moon.html == "<p>好</p><p>月亮</p>"
    assert plain.crops == {"2.35:1": "0.000000_0.100000_1.000000_0.600000", "1:1": "0.100000_0.000000_0.900000_1.000000"}
    assert sun.crops == {}


def test_the_draft_goes_through_json_unchanged(folder: Path) -> None:
    article(folder, "<p>好</p>")
    draft = draft_of(folder)
    assert CampaignDraft.from_json(json.loads(json.dumps(draft.to_json()))) == draft


def test_what_single_accounts_say_is_checked_for_words_too(folder: Path) -> None:
    article(folder, "<p>好</p>")
    told = {place: text for text, place, _ in texts_of(draft_of(folder))}
    assert told["articles/1.html: variants.moon.title"] == "月亮的春分"
    assert told["articles/1.html: variants.moon.footer"] == "月亮"
    assert told["articles/1.html: footer"] == "关注"


def test_what_stands_for_a_picture_is_checked_for_words_too(folder: Path) -> None:
    article(folder, '<p>好</p>\n<p><img src="images/cover.jpg" alt="转发有礼"></p>')
    told = [(text, line) for text, place, line in texts_of(draft_of(folder)) if place == "articles/1.html: alt"]
    assert told == [("转发有礼", 13), ("码", 7)]


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ("<p>好</p><script>alert(1)</script>", "html_script"),
        ('<p onclick="x()">好</p>', "html_script"),
        ('<p style="background-image:url(https://e.example/a.png)">好</p>', "html_script"),
        ('<p>好<img src="https://e.example/a.png"></p>', "picture_foreign"),
        ('<p>好<img data-src="https://e.example/a.png"></p>', "picture_foreign"),
        ('<p>好<img src="images/none.jpg"></p>', "file_missing"),
        ("<p>好</p>" + "x" * 400_001, "body_chars"),
    ],
)
def test_what_may_not_go_out_is_a_fault_with_its_line(folder: Path, body: str, rule: str) -> None:
    article(folder, body)
    found = [f for f in read_folder(folder).findings if f.severity == "block"]
    assert rule in {f.rule for f in found}
    assert all(f.line >= 1 and f.remedy[0] for f in found)


def test_a_crop_that_is_none_is_a_fault(folder: Path) -> None:
    article(folder, "<p>好</p>", FRONT.replace("0 0.1 1 0.5", "0 0.1 7"))
    assert [f.rule for f in read_folder(folder).findings if f.severity == "block"] == ["crop"]
