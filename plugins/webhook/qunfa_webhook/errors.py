"""What answers mean: HTTP statuses of own systems, error codes of the bots. Sentences are Chinese, then English."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from saas.channels import Outcome, Refused, Throttled, Unauthorized, Unknown

Verdict = Literal["refused", "throttled", "unauthorized", "unknown"]
Cause = Literal["credentials", "ip_not_listed", "no_right"]


@dataclass(frozen=True, slots=True)
class Known:
    """One answer: the verdict, the sentence, the field refused, the cause of a lost right, the wait of a throttle."""

    verdict: Verdict
    sentence: str
    field: str = ""
    cause: Cause = "credentials"
    wait: float = 60.0

    def outcome(self, code: str, retry_after: float | None = None) -> Outcome:
        """The outcome it stands for."""
        if self.verdict == "throttled":
            return Throttled(self.wait if retry_after is None else retry_after, code, self.sentence)
        if self.verdict == "unauthorized":
            return Unauthorized(self.cause, code, f"{self.sentence} [{code}]")
        if self.verdict == "unknown":
            return Unknown(f"{self.sentence} [{code}]")
        return Refused(f"{self.sentence} [{code}]", code, self.field)


_SIGNING = "签名密钥不对，或本机时间差太多，请更正 / the signing secret is wrong, or this machine's clock is: correct it"
_ADDRESS = "Webhook 的 token 无效，请重新复制地址 / the token of the webhook is not valid: copy the address again"
_IP = "本机 IP 不在机器人的白名单里，请添加 / this server's IP is not on the bot's list: add it"
_WORD = "消息不含机器人要求的关键词，请改消息或改机器人 / the message lacks the bot's keyword: change one of them"
_FORM = "平台不接受这条消息，请检查内容 / the platform does not take this message: look at its content"
_LONG = "消息过大，请缩短 / the message is too large: shorten it"
_FAST = "发送过快，稍后自动重试 / too fast: tried again later"

OWN: dict[int, Known] = {
    401: Known("unauthorized", _SIGNING),
    403: Known("unauthorized", _SIGNING),
    404: Known("refused", "接收地址不存在，请核对 / the receiving address does not exist: look at it", "url"),
    408: Known("unknown", "接收方没有读完请求 / the receiver gave up reading"),
    413: Known("refused", _LONG, "text"),
    429: Known("throttled", _FAST, wait=30.0),
}
FEISHU: dict[str, Known] = {
    "19021": Known("unauthorized", _SIGNING),
    "19001": Known("unauthorized", _ADDRESS),
    "19022": Known("unauthorized", _IP, cause="ip_not_listed"),
    "19024": Known("refused", _WORD, "text"),
    "11232": Known("throttled", _FAST),
    "9499": Known("refused", _FORM, "text"),
}
DINGTALK: dict[str, Known] = {
    "310000": Known("unauthorized", _SIGNING),
    "300005": Known("unauthorized", _ADDRESS),
    "400013": Known("refused", "群已解散 / the group is gone", "target"),
    "130101": Known("throttled", _FAST, wait=600.0),
    "410100": Known("throttled", _FAST, wait=600.0),
    "460101": Known("refused", _LONG, "text"),
    "-1": Known("unknown", "平台繁忙，没有说明是否发出 / the platform is busy and does not say whether it went out"),
}
ELSE = Known("refused", _FORM, "text")
