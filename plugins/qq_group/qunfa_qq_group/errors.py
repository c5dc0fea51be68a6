"""What the platforms' error codes mean for the caller, as data.

``OFFICIAL`` follows the error pages of the QQ bot documentation; ``ONEBOT`` holds one list a server profile, because the
protocol leaves return codes to the server. Sentences say what happened and what to do, Chinese first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from saas.channels import Exhausted, Outcome, Refused, Throttled, Unauthorized, Unknown, Unreachable, Window

Verdict = Literal["refused", "throttled", "exhausted", "unauthorized", "unreachable", "unknown"]
Cause = Literal["credentials", "ip_not_listed", "revoked", "unverified", "no_right", "admin_confirmation", "banned"]


@dataclass(frozen=True, slots=True)
class Known:
    """One code: the verdict, the sentence, the field refused, the cause of a lost right, the wait of a throttle."""

    verdict: Verdict
    zh: str
    en: str
    field: str = ""
    cause: Cause = "no_right"
    wait: float = 5.0

    @property
    def sentence(self) -> str:
        """Both languages in one line."""
        return f"{self.zh} / {self.en}"


TOKEN_CODES = frozenset({"11241", "11242", "11243", "11244"})
AUDIT_CODES = frozenset({"304023", "304024"})

_CREDENTIALS = Known("unauthorized", "AppID 或 AppSecret 不对，请在账号设置里重新填写",
                     "AppID or AppSecret is wrong: enter them again", cause="credentials")  # fmt: skip
_TOKEN = Known("unauthorized", "令牌被拒，换新后仍被拒，请检查 AppSecret", "The token was refused twice: check the AppSecret",
               cause="credentials")  # fmt: skip
_RIGHT = Known(
    "unauthorized",
    "机器人没有这个接口的权限，请在 QQ 开放平台申请",
    "The bot lacks this right: apply for it at the QQ open platform",
)
_BANNED = Known("unauthorized", "机器人已被封禁或下架，请在 QQ 开放平台处理", "The bot is banned: settle it at the open platform",
                cause="banned")  # fmt: skip
_GONE = Known("refused", "机器人不在这个群里，请重新拉入", "The bot is not in this group: add it again", "target")
_SWITCH = Known("refused", "群主没有打开“机器人主动在群聊内发言”，请群主在群机器人设置里打开",
                "The group owner's switch for unsolicited messages is off: ask the owner to turn it on", "target")  # fmt: skip
_QUOTA = Known("exhausted", "主动消息额度已用完", "The quota of active messages is used up")
_URL = Known(
    "refused",
    "链接域名没有报备，请在 QQ 开放平台的“消息 URL 配置”登记",
    "The link's domain is not registered with the bot: register it under message URLs at the QQ open platform",
    "link",
)
_SAFETY = Known("refused", "内容被平台安全策略拦截，请修改", "Stopped by the platform's safety rules: change the content", "text")
_MEDIA = Known("refused", "图片未被平台接受，请换一张 JPG 或 PNG", "The picture was not taken: use another JPG or PNG", "images")
_PASSIVE = Known("refused", "回复的时限或次数已过", "The time or number of replies is over", "text")
_LATE = Known("refused", "已过 2 分钟，QQ 不再允许撤回", "The 2 minutes are over: QQ no longer takes it back", "recall")
_NO_RECALL = Known("refused", "平台拒绝撤回这条消息", "The platform refuses to take this message back", "recall")
_BUSY = Known("throttled", "请求过快", "Too many requests", wait=10.0)
_DOUBT = Known(
    "unknown", "平台未能说明消息是否发出，请人工核对", "The platform cannot say whether it went out: a person must look"
)

OFFICIAL: dict[str, Known] = {
    "10004": _CREDENTIALS, "11251": _CREDENTIALS, "11261": _CREDENTIALS, "100016": _CREDENTIALS,
    **dict.fromkeys(TOKEN_CODES, _TOKEN),
    "11253": _RIGHT, "11254": _RIGHT, "11255": _RIGHT, "11264": _RIGHT,
    "11265": _BANNED, "100007": _BANNED,
    "11298": Known("unauthorized", "本机 IP 不在机器人的 IP 白名单里，请在 QQ 开放平台添加",
                   "This server's IP is not on the bot's list: add it at the QQ open platform", cause="ip_not_listed"),
    "40054016": Known("unauthorized", "机器人已下线", "The bot is offline", cause="revoked"),
    "11252": _BUSY, "100001": _BUSY, "100017": _BUSY,
    "22009": _QUOTA, "40034100": _QUOTA,
    "304003": _URL, "40054010": _URL,
    "304025": _SAFETY, "40034006": _SAFETY, "1100100": _SAFETY, "1100101": _SAFETY, "1100102": _SAFETY, "1100103": _SAFETY,
    "40034005": _PASSIVE, "40034128": _PASSIVE,
    "40034101": _GONE, "40054003": _GONE,
    "40034102": _SWITCH, "40034105": _SWITCH,
    "40054002": Known("refused", "机器人在这个群被禁言", "The bot is muted in this group", "target"),
    "40054005": Known("unknown", "平台说这条消息已发过，请人工核对", "The platform calls it a duplicate: a person must look"),
    "40054007": Known("refused", "文字过长，请缩短", "The text is too long: shorten it", "text"),
    "50006": Known("refused", "消息为空", "The message is empty", "text"),
    "50055001": _DOUBT,
    "850018": _MEDIA, "850019": _MEDIA, "850026": _MEDIA, "850027": _MEDIA, "850031": _MEDIA,
    "40064004": _LATE, "306011": _LATE, "40061001": _NO_RECALL, "40062003": _NO_RECALL, "50065001": _DOUBT,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class OneBotRule:
    """A pattern of a failed answer: return codes (empty: any) and words, one of which must be in it (empty: none needed).

    ``stop``: a sign of silent risk control; the account rests. ``rest``: the group alone rests.
    """

    known: Known
    codes: frozenset[int] = frozenset()
    words: tuple[str, ...] = ()
    stop: bool = False
    rest: bool = False

    def fits(self, code: int, text: str) -> bool:
        """Whether a failed answer with this code and these words (lower case) is meant."""
        return (not self.codes or code in self.codes) and (not self.words or any(word in text for word in self.words))


_SILENT = Known("unknown", "疑似风控：服务端没有等到结果。请立即停发，用手机登录此号查看",
                "A sign of risk control: no result came back. Stop now and look at the account on a phone")  # fmt: skip
_MUTED = Known(
    "refused", "此号在这个群被禁言，请停止向它发送", "The account is muted in this group: stop sending to it", "target"
)
_PARAMS = Known("refused", "服务端不接受这个请求", "The server does not take this request", "text")
_NO_GROUP = Known("refused", "此号不在这个群里", "The account is not in this group", "target")
_EMPTY = Known("refused", "消息为空", "The message is empty", "text")
_NO_ACTION = Known("refused", "服务端没有这个功能", "The server has no such action")
_KERNEL = Known(
    "refused", "QQ 拒绝发出，可能是风控。请停发并查看此号", "QQ refused, maybe by risk control: stop and look at the account"
)
_LOST = Known("refused", "服务端找不到这条消息", "The server does not know this message", "recall")
_PICTURE = Known("refused", "图片上传失败", "The picture could not be uploaded", "images")
_TOKEN_BAD = Known("unauthorized", "访问令牌不对", "The access token is wrong", cause="credentials")
_FAILED = Known("refused", "服务端报告失败", "The server reports a failure")

INSECURE = Known(
    "unauthorized", "地址须以 https:// 开头（OneBot 可用内网 http 地址），否则密钥会明文传输，请在账号设置里更正",
    "The address must begin with https:// (OneBot: or be on a private network), else secrets travel in the clear: correct it",
    cause="credentials",
)  # fmt: skip
_MUTE_RULE = OneBotRule(_MUTED, words=("禁言", "muted"), rest=True)
_PROTOCOL = (
    OneBotRule(_PARAMS, frozenset({1400})),
    OneBotRule(_TOKEN_BAD, frozenset({1401, 1403})),
    OneBotRule(_NO_ACTION, frozenset({1404})),
    OneBotRule(_BUSY, frozenset({1429})),
)
ONEBOT: dict[str, tuple[OneBotRule, ...]] = {
    "standard": (
        OneBotRule(_SILENT, words=("timeout", "timed out", "超时"), stop=True), _MUTE_RULE, *_PROTOCOL, OneBotRule(_FAILED),
    ),
    "go-cqhttp": (
        _MUTE_RULE,
        OneBotRule(_NO_GROUP, frozenset({100}), ("group_not_found",)),
        OneBotRule(_EMPTY, frozenset({100}), ("empty_msg_error",)),
        OneBotRule(_SILENT, frozenset({100}), ("send_msg_api_error",), stop=True),
        OneBotRule(_LOST, frozenset({100}), ("message_not_found",)),
        OneBotRule(_NO_RECALL, frozenset({100}), ("recall_api_error",)),
        *_PROTOCOL, OneBotRule(_FAILED),
    ),
    "napcat": (
        OneBotRule(_MUTED, frozenset({200, 1200}), ('"result": 120', '"result":120', "禁言"), rest=True),
        OneBotRule(_PICTURE, frozenset({200, 1200}), ("rich media transfer failed",)),
        OneBotRule(_SILENT, frozenset({200, 1200}), ("timeout",), stop=True),
        OneBotRule(_KERNEL, frozenset({200, 1200}), ("eventchecker failed",), stop=True),
        OneBotRule(_LOST, frozenset({200, 1200}), ("消息不存在", "msg not found")),
        OneBotRule(_PARAMS, frozenset({400, 1400})),
        *_PROTOCOL, OneBotRule(_DOUBT),
    ),
    "lagrange": (
        OneBotRule(_MUTED, frozenset({120}), rest=True),
        OneBotRule(_SILENT, frozenset({0}), stop=True),
        OneBotRule(_DOUBT, frozenset({200})),
        OneBotRule(_NO_ACTION, frozenset({404})),
        *_PROTOCOL, OneBotRule(_KERNEL, stop=True),
    ),
}  # fmt: skip


def official_outcome(status: int, code: str, message: str, now: datetime, zone: str) -> Outcome:
    """The outcome of an official answer that is not a success. A 5xx nobody explains may have gone out."""
    known = OFFICIAL.get(code)
    if known:
        return outcome(known, code, message, now, zone)
    if status == 429:
        return Throttled(1.0, code or "429", message)
    if status in (401, 403):
        return outcome(_TOKEN, code or str(status), message, now, zone)
    if status >= 500:
        return Unknown(f"HTTP {status} {code} {message}".strip())
    return Refused(_told("平台拒绝 / The platform refuses", message), code or str(status))


def onebot_rule(profile: str, code: int, text: str) -> OneBotRule:
    """The first rule of the server's profile that fits a failed answer."""
    rules = ONEBOT.get(profile, ONEBOT["standard"])
    return next(rule for rule in rules if rule.fits(code, text.lower()))


def outcome(known: Known, code: str, message: str, now: datetime, zone: str) -> Outcome:
    """A known code as an outcome."""
    told = _told(known.sentence, message)
    match known.verdict:
        case "throttled":
            return Throttled(known.wait, code, told)
        case "exhausted":
            return Exhausted("group_per_minute", Window("minute").bounds(now, zone)[1], code, told)
        case "unauthorized":
            return Unauthorized(known.cause, code, told)
        case "unreachable":
            return Unreachable(told)
        case "unknown":
            return Unknown(f"{told} ({code})")
    return Refused(told, code, known.field)


def _told(sentence: str, message: str) -> str:
    """Our sentence, then the platform's own words, bounded."""
    words = " ".join(message.split())[:200]
    return f"{sentence} [{words}]" if words else sentence
