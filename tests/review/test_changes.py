"""What changed is shown by paragraph and character, alike accounts together; comments follow their words or are detached."""

from __future__ import annotations

from saas.channels.message import Article, Message, Picture
from saas.review.anchors import Anchor, anchored, moved
from saas.review.changes import Spoken, changes, lines, pieces
from saas.review.texts import part_words, parts_of, plain

TEXT = "春分之后，万物生长。\n新豆子到了，请来喝一杯。\n周末有星空放映。"


def said(title: str = "春分", body: str = TEXT, cover: str = "a") -> Message:
    html = "".join(f'<p style="margin:0">{line}</p>' for line in body.split("\n"))
    picture = Picture(cover * 64, "image/jpeg", 900, 383, 1, "cover.jpg")
    return Message("articles", articles=(Article(title, html, cover=picture),))


def spoken(key: str, message: Message, people: int = 10, audience: str = "x") -> Spoken:
    return Spoken(key, key.upper(), "Moon", 1, "mass", people, audience, message)


def test_html_becomes_paragraphs_with_nothing_lost_and_nothing_run() -> None:
    html = "<section><h2>题&amp;目</h2><p>一<b>二</b>\n三</p><script>x()</script><img alt='杯' src='media:1'></section>"
    assert plain(html).split("\n") == ["题&目", "一二 三", "x()［图：杯］"]


def test_a_changed_word_is_shown_alone_in_its_paragraph() -> None:
    shown = lines(TEXT, TEXT.replace("一杯", "两杯"))
    assert [line.kind for line in shown] == ["same", "changed", "same"]
    assert [(piece.kind, piece.text) for piece in shown[1].pieces if piece.kind != "same"] == [("out", "一"), ("in", "两")]
    assert "".join(piece.text for piece in shown[1].pieces if piece.kind != "in") == "新豆子到了，请来喝一杯。"


def test_paragraphs_far_from_a_change_are_folded_and_counted() -> None:
    long = "\n".join(f"第{n}段" for n in range(20))
    shown = lines(long, long.replace("第19段", "最后一段"))
    assert (shown[0].kind, shown[0].count) == ("gap", 18)
    assert lines(TEXT, TEXT)[0].count == 3


def test_what_is_put_in_and_taken_out_rebuilds_both_texts() -> None:
    old, new = "新豆子到了，请来喝一杯。", "新豆子昨天到了，快来喝两杯！"
    found = pieces(old, new)
    assert "".join(piece.text for piece in found if piece.kind != "in") == old
    assert "".join(piece.text for piece in found if piece.kind != "out") == new


def test_accounts_that_changed_alike_are_shown_together() -> None:
    before = [spoken("a", said()), spoken("b", said()), spoken("c", said()), spoken("gone", said())]
    after = [spoken("a", said("立夏")), spoken("b", said("立夏")), spoken("c", said(), 12), spoken("new", said())]
    accounts, people = changes(before, after)
    assert [(one.state, one.accounts) for one in accounts] == [
        ("added", ("NEW",)), ("removed", ("GONE",)), ("changed", ("A", "B")),
    ]  # fmt: skip
    assert [part.part for part in accounts[2].parts] == ["article.0.title"]
    assert [(one.account, one.before, one.after) for one in people] == [("C", 10, 12)]


def test_a_cover_and_a_layout_that_changed_are_named_though_no_word_did() -> None:
    accounts, _ = changes([spoken("a", said())], [spoken("a", said(cover="b"))])
    assert [(part.part, part.before[0], part.after[0]) for part in accounts[0].parts] == [("article.0.cover", "a", "b")]
    other = Message("articles", articles=(Article("春分", said().articles[0].html.replace("margin:0", "margin:9px")),))
    plainly = Message("articles", articles=(Article("春分", said().articles[0].html),))
    accounts, _ = changes([spoken("a", plainly)], [spoken("a", other)])
    assert [part.part for part in accounts[0].parts] == ["article.0.look"]


def test_the_same_number_of_other_people_is_a_change() -> None:
    assert changes([spoken("a", said(), 10, "x")], [spoken("a", said(), 10, "y")])[1] != []
    assert changes([spoken("a", said())], [spoken("a", said())]) == ([], [])


def test_parts_have_names_people_know() -> None:
    assert list(parts_of(said())) == ["article.0.title", "article.0.body"]
    assert part_words("article.1.digest")[0] == "第 2 篇 · 摘要"
    assert part_words("link.url")[0] == "链接卡片 · 链接"


def test_a_comment_stays_with_its_words_when_text_before_it_grows() -> None:
    anchor = anchored(TEXT, "喝一杯", TEXT.index("喝一杯"))
    assert anchor is not None
    edited = "先说一句。\n" + TEXT
    found = moved(TEXT, edited, anchor)
    assert found == Anchor("喝一杯", edited.index("喝一杯"))


def test_a_comment_follows_its_words_to_another_paragraph() -> None:
    first, second, third = TEXT.split("\n")
    anchor = Anchor("新豆子", TEXT.index("新豆子"))
    edited = "\n".join((third, first, second))
    found = moved(TEXT, edited, anchor)
    assert found is not None
    assert edited[found.start : found.start + 3] == "新豆子"


def test_edited_words_are_followed_and_words_that_are_gone_are_detached() -> None:
    anchor = Anchor("请来喝一杯", TEXT.index("请来喝一杯"))
    edited = TEXT.replace("请来喝一杯", "请来喝两杯")
    found = moved(TEXT, edited, anchor)
    assert found == Anchor("请来喝两杯", edited.index("请来"))
    assert moved(TEXT, TEXT.replace("新豆子到了，请来喝一杯。", "全部改写过了"), anchor) is None


def test_of_the_same_words_twice_the_ones_that_were_meant_are_kept() -> None:
    text = "好豆子。\n坏豆子。\n好豆子。"
    anchor = anchored(text, "豆子", text.rindex("豆子"))
    assert anchor is not None
    assert moved(text, "开头。\n" + text, anchor) == Anchor("豆子", ("开头。\n" + text).rindex("豆子"))
    assert anchored(text, "不在", 0) is None
