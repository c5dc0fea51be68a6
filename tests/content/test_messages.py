"""What each account says: the content its kind accepts, within its limits, told by how much it is over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from saas.channels import AccountKind, ContentRule, FanOut, Limits, Message, MiniProgram, Repeat, Route, Template, Text
from saas.channels.channel import AudienceForm, ContentKind
from saas.content.draft import CampaignDraft
from saas.content.folder import read_folder
from saas.content.messages import Workbench, build_message, choose

MakeFolder = Callable[..., Path]
MakePhoto = Callable[..., bytes]
EVERYTHING = (
    "name: 春季\nkind: articles\narticles: [articles/1.md]\ntext: 三件小事\n"
    "link: {title: 三件, url: https://www.example.com/, description: 说明, image: images/cover.jpg}\n"
    "images: [images/cup.jpg]\naccounts: [a]\n"
)


def kind(*content: ContentKind, audience: tuple[AudienceForm, ...] = ("all",), assisted: bool = False) -> AccountKind:
    route = Route("way", content, audience, FanOut("platform"), Repeat("none"))
    return AccountKind("k", Text("种类", "kind"), (route,), assisted=assisted)


def opened(root: Path) -> tuple[CampaignDraft, Workbench]:
    reading = read_folder(root)
    assert reading.campaign is not None
    assert reading.files is not None
    return reading.campaign, Workbench(reading.files)


def limits(**amounts: int) -> Limits:
    return Limits(content=tuple(ContentRule(name, amount) for name, amount in amounts.items()))


@pytest.mark.parametrize(
    ("accepted", "said"),
    [
        (("text", "articles"), "articles"),
        (("text", "link", "image"), "link"),
        (("image", "text"), "text"),
        (("image",), "image"),
    ],
)
def test_an_account_says_the_richest_content_it_accepts(
    make_folder: MakeFolder, accepted: tuple[ContentKind, ...], said: str
) -> None:
    draft, _ = opened(make_folder({"campaign.yaml": EVERYTHING}))
    choice = choose(draft, kind(*accepted))
    assert choice is not None
    assert choice.content == said


def test_an_assisted_account_gets_what_a_person_can_paste(make_folder: MakeFolder) -> None:
    draft, bench = opened(make_folder({"campaign.yaml": EVERYTHING}))
    choice = choose(draft, kind("articles", "text", "link", assisted=True))
    assert choice is not None
    message = build_message(draft, choice.content, Limits(), bench).message
    assert message.kind == "link"
    assert message.text == "三件小事"
    assert message.link is not None
    assert message.link.image is not None


def test_an_account_that_accepts_nothing_of_the_draft_says_nothing(make_folder: MakeFolder) -> None:
    draft, _ = opened(make_folder())
    assert choose(draft, kind("text", "video")) is None


def test_a_route_for_the_audience_comes_before_others(make_folder: MakeFolder) -> None:
    draft, _ = opened(make_folder({"campaign.yaml": EVERYTHING + "audience: {tag: 会员}\n"}))
    tagged = Route("tagged", ("text",), ("tag",), FanOut("platform"), Repeat("none"))
    all_only = Route("everyone", ("articles",), ("all",), FanOut("platform"), Repeat("none"))
    choice = choose(draft, AccountKind("k", Text("", ""), (all_only, tagged)))
    assert choice is not None
    assert (choice.route.name, choice.fits_audience) == ("tagged", True)
    other = choose(draft, AccountKind("k", Text("", ""), (all_only,)))
    assert other is not None
    assert not other.fits_audience


def test_an_article_message_carries_fitted_pictures_and_round_trips(make_folder: MakeFolder, make_photo: MakePhoto) -> None:
    draft, bench = opened(make_folder({"images/cup.jpg": make_photo(width=3000, height=2000)}))
    built = build_message(draft, "articles", limits(body_picture_width=900, body_picture_bytes=200_000), bench)
    article = built.message.articles[0]
    assert article.cover is not None
    assert (article.pictures[0].width, article.pictures[0].alt) == (900, "一杯")
    assert {p.sha256 for p in built.message.pictures()} == set(built.blobs)
    assert f"media:{article.pictures[0].sha256}" in article.html
    assert [(f.rule, f.severity, f.line) for f in built.findings] == [("picture_fitted", "note", 9)]
    assert "3000×2000" in built.findings[0].message[1]
    assert Message.from_json(built.message.to_json()) == built.message


def test_a_value_over_a_limit_says_by_how_much(make_folder: MakeFolder) -> None:
    article = f"---\ntitle: {'题' * 70}\ndigest: {'摘' * 130}\nauthor: {'者' * 20}\ncover: images/cover.jpg\n---\n{'字' * 120}\n"
    draft, bench = opened(make_folder({"articles/1.md": article}))
    rules = limits(title_chars=64, digest_chars=128, author_chars=16, body_chars=100, articles=0)
    found = {f.rule: f for f in build_message(draft, "articles", rules, bench).findings}
    assert "6 too many (at most 64)" in found["title_chars"].message[1]
    assert (found["title_chars"].where, found["title_chars"].line) == ("articles/1.md: title", 2)
    assert "2 too many" in found["digest_chars"].message[1]
    assert "4 too many" in found["author_chars"].message[1]
    assert "20 too many" in found["body_chars"].message[1]
    assert "1 too many" in found["articles"].message[1]
    assert all(f.severity == "block" for f in found.values() if f.rule != "theme_lean")


def test_of_two_rules_on_one_value_the_gravest_is_told(make_folder: MakeFolder) -> None:
    both = Limits(content=(ContentRule("title_chars", 4, "warn"), ContentRule("title_chars", 6)))
    draft, bench = opened(make_folder())
    found = [f for f in build_message(draft, "articles", both, bench).findings if f.rule == "title_chars"]
    assert [(f.severity, f.message[1].split("(")[1]) for f in found] == [("block", "at most 6)")]


def test_bytes_are_counted_in_utf_8_and_nothing_is_cut(make_folder: MakeFolder) -> None:
    draft, bench = opened(make_folder({"campaign.yaml": EVERYTHING.replace("三件小事", "𠮷" * 10)}))
    built = build_message(draft, "text", limits(text_bytes=39), bench)
    assert built.message.text == "𠮷" * 10
    assert [(f.rule, f.where, f.line) for f in built.findings] == [("text_bytes", "campaign.yaml: text", 4)]
    assert "40 bytes, 1 too many" in built.findings[0].message[1]


def test_link_fields_are_measured(make_folder: MakeFolder) -> None:
    draft, bench = opened(make_folder({"campaign.yaml": EVERYTHING}))
    built = build_message(draft, "link", limits(link_title_bytes=5, link_description_bytes=5, link_url_bytes=5), bench)
    assert [f.rule for f in built.findings] == ["link_title_bytes", "link_description_bytes", "link_url_bytes"]


def test_a_missing_cover_blocks_unless_the_rules_need_none(make_folder: MakeFolder) -> None:
    draft, bench = opened(make_folder({"articles/1.md": "---\ntitle: 标题\n---\n正文\n"}))
    assert [f.rule for f in build_message(draft, "articles", Limits(), bench).findings] == ["cover_missing"]
    assert build_message(draft, "articles", limits(cover_required=0), bench).findings == ()


def test_a_broken_picture_blocks_the_account(make_folder: MakeFolder) -> None:
    draft, bench = opened(make_folder({"images/cup.jpg": "<svg/>"}))
    built = build_message(draft, "articles", Limits(), bench)
    assert built.blocked
    assert [(f.rule, f.where, f.line) for f in built.findings] == [("picture_type", "articles/1.md", 9)]
    assert "<img" not in built.message.articles[0].html


def test_markup_that_alone_breaks_the_limit_gets_the_lean_theme(make_folder: MakeFolder) -> None:
    article = "---\ntitle: 标题\ncover: images/cover.jpg\n---\n" + "一段\n\n" * 80
    draft, bench = opened(make_folder({"articles/1.md": article}))
    built = build_message(draft, "articles", limits(body_chars=1500), bench)
    assert len(built.message.articles[0].html) <= 1500
    assert [(f.rule, f.severity) for f in built.findings] == [("theme_lean", "note")]


def test_pictures_are_fitted_once_for_many_accounts(make_folder: MakeFolder, make_photo: MakePhoto) -> None:
    draft, bench = opened(make_folder({"images/cup.jpg": make_photo(width=3000, height=2000)}))
    first = build_message(draft, "articles", limits(body_picture_width=900), bench)
    made = dict(bench.fits)
    second = build_message(draft, "articles", limits(body_picture_width=900), bench)
    assert bench.fits == made
    assert second.message == first.message
    assert all(second.blobs[sha] is first.blobs[sha] for sha in first.blobs)


@pytest.mark.parametrize(("by", "content"), [("", "template"), ("by: template, ", "template"), ("by: subscription, ", "notice")])
def test_a_notice_is_one_by_the_writers_own_word_alone(make_folder: MakeFolder, by: str, content: ContentKind) -> None:
    template = f"template: {{{by}id: T, data: {{a: '{{o}}'}}, mini_program: {{appid: wx0123456789abcdef, path: 'x?id={{o}}'}}}}\n"
    yaml = f"name: x\nkind: template\n{template}accounts: [a]\nrecipients: r.csv\n"
    draft, bench = opened(make_folder({"campaign.yaml": yaml, "r.csv": "openid,o\no1,7\n"}))
    choice = choose(draft, kind("template", "notice", audience=("ids",)))
    assert choice and choice.content == content
    assert choose(draft, kind("template" if content == "notice" else "notice", audience=("ids",))) is None
    message = build_message(draft, content, Limits(), bench).message
    assert message.kind == content and message.template
    assert message.template.mini_program == MiniProgram("wx0123456789abcdef", "x?id={o}")
    assert Message.from_json(message.to_json()) == message


def test_a_template_without_a_mini_program_hashes_as_it_always_did() -> None:
    assert "mini_program" not in Message("template", template=Template("T", {"a": "b"})).to_json()["template"]


def test_a_template_message_keeps_its_placeholders(make_folder: MakeFolder) -> None:
    template = "template: {id: T, url: 'https://e.example.com/{o}', data: {a: '{o}'}}\n"
    yaml = f"name: x\nkind: template\n{template}accounts: [a]\nrecipients: r.csv\n"
    draft, bench = opened(make_folder({"campaign.yaml": yaml, "r.csv": "openid,o\nx,1\n"}))
    message = build_message(draft, "template", Limits(), bench).message
    assert message.template is not None
    assert message.template.filled({"o": "7"}) == {"a": "7"}
