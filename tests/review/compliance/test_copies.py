"""Near copies are found from fingerprints of a few kilobytes."""

from __future__ import annotations

import random

import pytest

from saas.review.compliance.copies import fingerprint, likeness, near_copies, similarity

WORDS = (
    "春分之后第一批云南水洗豆到店海拔坡地昼夜温差果实成熟糖分发酵清水反复洗净晾晒床翻动门店营业时间水温粉比克闷蒸秒注满总控制完整"
)


def article(seed: int, length: int = 600) -> str:
    pick = random.Random(seed)
    return "".join(pick.choice(WORDS) for _ in range(length))


def changed(text: str, every: int) -> str:
    return "".join("改" if at % every == 0 else char for at, char in enumerate(text))


def test_the_same_text_is_wholly_alike_whatever_its_markup() -> None:
    text = article(1)
    assert similarity(text, "**" + text[:300] + "**\n\n" + text[300:]).jaccard > 0.99


def test_a_slightly_changed_text_is_near_and_a_different_one_is_not() -> None:
    text = article(1)
    assert similarity(text, changed(text, 30)).near
    assert not similarity(text, article(2)).near


def test_a_short_text_inside_a_long_one_is_found_by_containment() -> None:
    text = article(1, 200)
    like = similarity(text, article(2, 700) + text + article(3, 700))
    assert like.jaccard < 0.5
    assert like.containment > 0.9
    assert like.near


@pytest.mark.parametrize("every", [5, 10, 20, 60])
def test_sampled_fingerprints_are_close_to_the_truth(every: int) -> None:
    text = article(7, 6000)
    other = changed(text, every)
    shingles = [{t[i : i + 3] for i in range(len(t) - 2)} for t in (text, other)]
    truth = len(shingles[0] & shingles[1]) / len(shingles[0] | shingles[1])
    assert abs(similarity(text, other).jaccard - truth) < 0.08


def test_a_fingerprint_is_small_and_always_the_same() -> None:
    print_ = fingerprint(article(1, 20_000))
    assert len(print_) <= 4_105
    assert print_ == fingerprint(article(1, 20_000))
    assert fingerprint("") == fingerprint("！？")


def test_a_fingerprint_of_another_version_is_refused() -> None:
    with pytest.raises(ValueError, match="version 9"):
        likeness(b"\x09" + fingerprint("x")[1:], fingerprint("x"))


def test_near_copies_names_each_known_article_nearest_first() -> None:
    text = article(1)
    corpus = [("远的", fingerprint(article(2))), ("近的", fingerprint(changed(text, 12))), ("同一篇", fingerprint(text))]
    found = near_copies(text, corpus, "a.md", 9)
    assert [(f.rule, f.severity, f.where, f.line) for f in found] == [("near_copy", "warn", "a.md", 9)] * 2
    assert "同一篇" in found[0].message[0]
    assert "近的" in found[1].message[0]
    assert "100%" in found[0].message[1]


def test_texts_too_short_to_tell_are_not_compared() -> None:
    assert near_copies("欢迎光临", [("x", fingerprint("欢迎光临"))]) == []
