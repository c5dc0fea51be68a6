"""The word lists: what they find, what they leave alone, and that marks point at the writer's own text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from saas.channels.wording import normalise
from saas.review.compliance.packs import NAMES, built_in
from saas.review.compliance.wording import check_text


def rules(text: str) -> set[str]:
    return {finding.rule for finding in check_text(text, "a.md") if finding.severity != "note"}


@pytest.mark.parametrize(
    "text",
    [
        "转发抽奖人人有份", "转发本文到朋友圈并集赞 38 个，截图发到后台即可领取", "分享给好友即可解锁", "集满20个赞换咖啡",
        "邀请3位好友助力免费领", "不转不是朋友", "是中国人就转", "请转发给更多人", "好友帮忙砍价", "分享后查看全文",
    ],
)  # fmt: skip
def test_inducement_to_share_blocks(text: str) -> None:
    assert [(f.rule, f.severity) for f in check_text(text, "a.md")] == [("inducement_share", "block")]


@pytest.mark.parametrize("text", ["关注即送", "关注公众号即送 50 元", "扫码关注领红包", "长按关注即可领取优惠券", "新粉有礼"])
def test_inducement_to_follow_blocks(text: str) -> None:
    assert [(f.rule, f.severity) for f in check_text(text, "a.md")] == [("inducement_follow", "block")]


@pytest.mark.parametrize(
    "text",
    [
        "今天和大家分享三个小技巧，到店可领取手册", "读书分享会现场有抽奖", "关注孩子的健康", "无需转发即可领取",
        "谨防转发抽奖骗局",
        "取消关注后不再接收", "请转发给客服处理", "我们一直关注天气变化", "请大家继续关注后续的通知",
    ],
)  # fmt: skip
def test_honest_words_about_sharing_and_following_pass(text: str) -> None:
    assert not {r for r in rules(text) if r.startswith("inducement")}


@pytest.mark.parametrize(
    ("text", "rule", "severity"),
    [
        ("国家级大奖", "advertising_absolute", "warn"),
        ("全国第一的咖啡节", "advertising_absolute", "warn"),
        ("最优质的豆子", "advertising_absolute", "warn"),
        ("独一无二的体验", "advertising_absolute", "warn"),
        ("史上最低价", "advertising_price", "block"),
        ("百分之百有效", "advertising_guarantee", "block"),
        ("稳赚不赔", "advertising_invest", "block"),
        ("考试包过", "advertising_education", "block"),
        ("国务院特供", "advertising_authority", "block"),
        ("永久根治", "medical_cure", "block"),
        ("本品可治疗失眠", "medical_function", "block"),
        ("治愈率达95%", "medical_cure", "block"),
        ("专家一致推荐", "medical_endorse", "block"),
        ("保健食品", "medical_health_food", "warn"),
    ],
)
def test_advertising_claims_are_found_with_their_law(text: str, rule: str, severity: str) -> None:
    found = [f for f in check_text(text, "a.md") if f.rule == rule]
    assert [f.severity for f in found] == [severity]
    assert "法" in found[0].source or "规定" in found[0].source
    assert found[0].remedy[0]
    assert found[0].remedy[1]


@pytest.mark.parametrize(
    "text",
    [
        "第一季度", "最近", "第一次到店", "国家级森林公园", "第一批豆子", "最高气温", "最新消息", "味道最完整", "最佳赏味期",
        "最后",
        "第一，先烧水", "安全第一", "最多三人", "最大努力", "最低温度", "最好提前预约", "不能根治", "治愈系画风", "请遵医生推荐",
        "星期一",
        "第一时间", "使损失最小化", "为确保安全，请勿入内", "万能胶", "升国旗仪式", "最初", "最终", "国家级非物质文化遗产",
        "保证金",
    ],
)  # fmt: skip
def test_words_that_only_look_like_claims_pass(text: str) -> None:
    assert rules(text) == set()


@pytest.mark.parametrize(
    "text",
    [
        "国**家**级", "国 家 级", "国·家·级", "国\u200b家\u200d级", "国<b>家</b>级", "&#22269;家级", "国-家_级",
        "国【家】级", "[国](https://a.cn)家级", "国\ufe0f家级",
    ],
)  # fmt: skip
def test_tricks_between_letters_do_not_hide_a_word(text: str) -> None:
    assert "advertising_absolute" in rules(text)


def test_full_width_letters_and_digits_are_read() -> None:
    assert "advertising_absolute" in rules("ＮＯ．１")
    assert "advertising_guarantee" in rules("１００％有效")


def test_marks_point_at_the_words_as_written() -> None:
    text = "前言\n这是**国**<b>家</b>级的，也是国家级的"
    (found,) = check_text(text, "a.md", 7)
    assert found.line == 8
    assert [text[start:end] for start, end in found.marks] == ["国**<b>家</b>级", "国家级"]


def test_each_line_has_its_own_finding() -> None:
    assert [(f.line, len(f.marks)) for f in check_text("最佳\n\n最佳最佳\n", "a.md", 3)] == [(3, 1), (5, 2)]


def test_a_text_without_lines_has_line_zero() -> None:
    assert [f.line for f in check_text("最佳", "campaign.yaml: text")] == [0]


def test_addresses_and_tags_are_not_read_as_words() -> None:
    assert rules("[看](https://a.cn/最佳) <i title='x'>好</i>") == set()


def test_every_entry_has_law_wording_and_a_known_severity() -> None:
    terms = [term for name in NAMES for term in built_in(name).terms]
    assert len(terms) > 30
    for term in terms:
        assert term.law
        assert all(term.message + term.remedy)
        assert term.severity in ("block", "warn", "note")
        assert (term.severity == "block") if term.rule.startswith("inducement") else True


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.sampled_from(list("国家级最佳转发抽奖 *<b>/&;#23\u200b１％\n𠮷é（）[]()")), max_size=60))
def test_normalised_offsets_always_lead_back_into_the_text(text: str) -> None:
    normal = normalise(text)
    spans = [normal.mark(at, at + 1) for at in range(len(normal.text))]
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert spans == sorted(spans)
    for finding in check_text(text, "a.md", 1):
        assert all(0 <= start < end <= len(text) for start, end in finding.marks)
