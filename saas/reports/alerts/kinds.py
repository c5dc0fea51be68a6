"""The kinds of alerts, each with the rule an agency begins with, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from saas.kernel.errors import Words

STAFF: Final = ("owner", "admin", "editor", "reviewer", "analyst")
LEADS: Final = ("owner", "admin")
SENDERS: Final = ("owner", "admin", "editor")
NIGHT: Final = (22 * 60, 8 * 60)
HOUR, MINUTE = 60.0, 1.0


@dataclass(frozen=True, slots=True)
class Rule:
    """How an agency wants to hear of one kind. ``roles``: whose members get an e-mail; ``destinations``: robots and webhooks,
    None for all; ``quiet``: minutes of the day (from, until) in which nothing is told; ``window``: minutes in which more of the
    same kind waits for one message; ``tell_end``: also when it is over."""

    is_on: bool
    threshold: float
    roles: tuple[str, ...]
    quiet: tuple[int, int] | None
    window: int
    tell_end: bool
    destinations: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind. ``unit``: of its threshold, empty where it has none; ``event``: it happened, and does not end; ``page``: where
    one does something about it; ``every``: seconds between two looks; ``for_signers``: those hear of it whose word is missing;
    ``by_name``: whom its order names."""

    name: str
    title: Words
    ends: Words
    remedy: Words
    page: str
    usual: Rule
    unit: Words = ("", "")
    event: bool = False
    every: float = 20.0
    for_signers: bool = False
    by_name: bool = False

    @property
    def told_by_facts(self) -> bool:
        """Whether each alert says itself who hears of it."""
        return self.for_signers or self.by_name


def _usual(threshold: float, roles: tuple[str, ...], quiet: bool = False, window: int = 15, tell_end: bool = False) -> Rule:
    return Rule(True, threshold, roles, NIGHT if quiet else None, window, tell_end)


ALL: Final = (
    Kind(
        "account",
        ("账号不能发送", "An account cannot send"),
        ("账号又能发送了", "The account can send again"),
        ("到“渠道账号”看原因，重新授权或改正设置", "look at the reason under Accounts; authorise again or correct the settings"),
        "/accounts",
        _usual(0, LEADS, tell_end=True),
    ),
    Kind(
        "stop",
        ("发送已被停止", "Sending is stopped"),
        ("发送已恢复", "Sending goes on"),
        ("问题解决后到“紧急停止”恢复；过时的会记为已错过", "let it go on under Emergency stop; what is too late is missed"),
        "/stops",
        _usual(0, SENDERS, tell_end=True),
        ("分钟以上", "minutes or longer"),
    ),
    Kind(
        "failed",
        ("发送失败", "A send failed"),
        ("", ""),
        (
            "打开活动看平台给出的原因；没有发到的人不会自动重发",
            "open the campaign for the platform's reason; nobody is sent to again by itself",
        ),
        "/campaigns/{campaign}",
        _usual(5, SENDERS),
        ("% 以上的人没有发到", "% of the people or more"),
        event=True,
    ),
    Kind(
        "missed",
        ("错过了发送时间", "A send was missed"),
        ("", ""),
        ("打开活动看原因；需要的话按新时间再发一次", "open the campaign for the reason; send it anew if it is still wanted"),
        "/campaigns/{campaign}",
        _usual(1, SENDERS),
        ("人以上", "people or more"),
        event=True,
    ),
    Kind(
        "unknown",
        ("结果未知，要人判断", "An outcome is unknown: a person decides"),
        ("结果已查明", "The outcome is known"),
        (
            "到平台后台核对后在“结果未知”里登记；系统不会自动重发",
            "look at the platform and settle it; nothing is sent again by itself",
        ),
        "/unknowns",
        _usual(5, ("owner", "admin", "reviewer")),
        ("分钟后仍不清楚", "minutes without an answer"),
    ),
    Kind(
        "waiting",
        ("等人操作，快到截止时间", "A person must act, and the deadline is near"),
        ("已有人处理", "Somebody has acted"),
        ("到“待办”提醒对方或代为发送；过期未发的会计为跳过", "remind them under To do; what is not done by then is skipped"),
        "/waiting",
        _usual(2, SENDERS),
        ("小时内截止", "hours before the deadline"),
    ),
    Kind(
        "review",
        ("审批快到截止时间", "A review is near its deadline"),
        ("审批已完成", "The review is done"),
        ("打开活动审阅并签字，或退回；不签字就不会发送", "read and sign it, or send it back; without the word nothing is sent"),
        "/campaigns/{campaign}/review",
        _usual(4, (), quiet=True),
        ("小时内截止", "hours before the deadline"),
        every=60,
        for_signers=True,
    ),
    Kind(
        "reminder",
        ("请审批", "Your word is asked for"),
        ("", ""),
        ("打开活动审阅并签字，或退回", "read and sign it, or send it back"),
        "/campaigns/{campaign}/review",
        _usual(0, (), window=5),
        event=True,
        every=60,
        for_signers=True,
    ),
    Kind(
        "quota",
        ("发送额度将用完", "A cap is nearly used up"),
        ("额度已重新计算", "The cap counts anew"),
        ("看账号的额度页；不够的改期，或换一条路线", "look at the account's caps; move what does not fit, or take another route"),
        "/accounts/{key}/quota",
        _usual(80, SENDERS, quiet=True, window=60),
        ("% 以上已用", "% used or more"),
        every=60,
    ),
    Kind(
        "figure",
        ("数据异常", "A figure is unusual"),
        ("", ""),
        ("打开活动的报告，对照时间、标题和人群找原因", "open the campaign's report and look at time, title and audience"),
        "/campaigns/{campaign}/report",
        _usual(3.5, ("owner", "admin", "analyst"), quiet=True, window=60),
        ("倍以上（修正 z 值）", "modified z-score or more"),
        event=True,
        every=900,
    ),
    Kind(
        "report",
        ("报告已生成", "A report is ready"),
        ("", ""),
        ("打开链接查看或下载；链接到期后请登录查看", "open the link to read or download it; sign in once it has expired"),
        "/reports",
        _usual(0, (), quiet=True, window=1),
        event=True,
        every=60,
        by_name=True,
    ),
    Kind(
        "invitation",
        ("询问外部收件人", "Somebody outside is asked"),
        ("", ""),
        ("对方确认后才会收到报告", "reports go to them once they have said yes"),
        "/reports/orders",
        _usual(0, (), quiet=True, window=1),
        event=True,
        every=20,
        by_name=True,
    ),
)
KINDS: Final = {kind.name: kind for kind in ALL}
