"""What the platform's check of originality is expected to say, and pictures without words."""

from __future__ import annotations

import pytest

from saas.content.draft import ArticleSource, CampaignDraft
from saas.review.compliance.alternatives import alternative_findings
from saas.review.compliance.copies import fingerprint
from saas.review.compliance.reprints import Earlier, Sender, reprint_findings

TEXT = "今年的第一批云南水洗豆在三月底完成烘焙。海拔一千六百米的坡地昼夜温差大，果实成熟得慢，糖分也就攒得足。" * 3
OTHER = (
    "望远镜对着那片看不见星星的天区，曝光了十天。照片传回来的时候，屏幕上一共数出三千个亮点，"
    "每一个都是一个星系，光走到这里用了一百三十亿年。"
)


def told(text: str, *senders: Sender, original: bool = False, declared: bool = True) -> list[str]:
    earlier = [Earlier("豆子", fingerprint(TEXT), declared, frozenset({"first"}))]
    found = reprint_findings(fingerprint(text), original, senders, earlier, "a.md", 5)
    return [finding.message[1].split(": ", 1)[1] for finding in found]


def test_a_copy_of_what_another_account_declared_original_is_stopped_or_passed_as_a_reprint() -> None:
    assert "stop the send (err 30003) (second)" in told(TEXT, Sender("second"))[0]
    assert "send it as one" in told(TEXT, Sender("second", ignores=True))[0]
    assert "will not pass" in told(TEXT, Sender("second", ignores=True), original=True)[0]
    assert len(told(TEXT, Sender("second"), Sender("third", ignores=True))) == 2


def test_nothing_is_predicted_for_the_same_account_for_what_was_not_original_or_is_not_alike() -> None:
    assert told(TEXT, Sender("first")) == []
    assert told(TEXT, Sender("second"), declared=False) == []
    assert told(OTHER, Sender("second")) == []


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("![一杯](a.jpg)\n\n![](b.jpg)\n", [9]),
        ('<img src="a.jpg">\n<img src="b.jpg" alt="">\n<img alt="猫" src="c.jpg">', [7, 8]),
        ("没有图片", []),
    ],
)
def test_pictures_without_words_are_noted_with_their_line(body: str, lines: list[int]) -> None:
    draft = CampaignDraft("n", "articles", articles=(ArticleSource("a.md", body=body, line=7),))
    found = alternative_findings(draft)
    assert [(f.severity, f.line) for f in found] == [("note", line) for line in lines]
