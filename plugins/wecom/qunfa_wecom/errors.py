"""The platform's error codes as data, and what each means for whoever called.

Judged by ``errcode`` alone (path/90455): the text beside it carries hints, addresses and a link that change.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from saas.channels import Exhausted, Outcome, Refused, Throttled, Unauthorized, Unknown, Window

Standing = Literal["credentials", "ip_not_listed", "revoked", "no_right"]

STALE_TOKEN = frozenset({40014, 42001})
BUSY = -1
FREQUENCY = 45009
CONCURRENCY = 45033
STILL_DISPATCHING = 41063
BAD_MEDIA = 40007
ROBOT_FREQUENCY = 130101
NO_CHAT = frozenset({86001, 86003})

STANDING: dict[int, Standing] = {
    40001: "credentials",
    40013: "credentials",
    40056: "credentials",
    40091: "credentials",
    93000: "credentials",
    40082: "revoked",
    40084: "revoked",
    40085: "revoked",
    42009: "revoked",
    48002: "no_right",
    60011: "no_right",
    84074: "no_right",
    301002: "no_right",
    701008: "no_right",
    60020: "ip_not_listed",
}

REASONS: dict[int, tuple[str, str]] = {
    40001: ("Secret 不正确：请重新填写应用 Secret", "The secret is wrong: enter the app's secret again"),
    40013: ("企业 ID 不正确：请重新填写", "The corp ID is wrong: enter it again"),
    40014: (
        "access_token 反复失效：可能另有系统在使用同一 Secret",
        "The token keeps being refused: perhaps another system uses the same secret",
    ),
    40056: ("AgentId 不正确：请重新填写", "The AgentId is wrong: enter it again"),
    40058: ("参数不合规", "A parameter is not allowed"),
    40068: ("标签不存在", "The tag does not exist"),
    40091: ("Secret 不正确：请重新填写应用 Secret", "The secret is wrong: enter the app's secret again"),
    40096: ("客户 ID 不正确：请重新同步客户", "A customer id is wrong: sync the customers again"),
    40077: ("预授权码无效或过期：请重新发起", "The pre-authorisation code is invalid or too old: begin again"),
    40078: ("临时授权码已使用或过期：请重新授权", "The authorisation code was used or is too old: authorise again"),
    40080: ("SuiteSecret 不正确：请重新填写", "The suite secret is wrong: enter it again"),
    40082: ("suite_access_token 无效", "The suite's token is invalid"),
    40083: ("SuiteID 不正确：请重新填写", "The suite ID is wrong: enter it again"),
    40084: (
        "授权已取消或更换：请企业管理员重新授权",
        "The authorisation is gone: the corp's admin must authorise again",
    ),
    40085: ("suite_ticket 无效：等待下一次推送", "The suite_ticket is invalid: waiting for the next"),
    41048: ("没有可发送的客户：请重新同步客户", "There is no customer to send to: sync the customers again"),
    41064: ("附件过多", "Too many attachments"),
    41065: ("附件类型不支持", "An attachment of a kind that is not supported"),
    42009: ("授权已失效：请企业管理员重新授权", "The authorisation has ended: the corp's admin must authorise again"),
    45002: ("内容过长：请缩短正文", "The content is too large: shorten it"),
    48002: ("应用没有此接口权限：请在管理后台为应用开通", "The app has no right to this API: grant it in the admin console"),
    60011: ("应用无权操作该成员或部门：请调整可见范围", "The app has no right to the target: widen its visible range"),
    60020: (
        "服务器 IP 不在企业可信 IP 中：请在应用详情页添加，约一分钟后生效",
        "The server's IP is not a trusted IP: add it on the app's page; it works after about a minute",
    ),
    60111: ("成员不存在：请重新同步成员", "The member does not exist: sync the members again"),
    81013: ("接收人全部无效：请重新同步成员", "Every receiver is invalid: sync the members again"),
    82001: ("接收人为空", "No receiver was given"),
    84061: ("与客户没有联系关系：请重新同步客户", "No relation to the customer: sync the customers again"),
    84074: ("没有客户联系权限：请在管理后台开通", "No right to customer contact: grant it in the admin console"),
    84084: ("成员不是该客户的跟进人", "The member does not follow this customer"),
    86001: ("群聊 chatid 无效：只能发给本应用创建的群", "The chat id is invalid: only chats this app has made can be sent to"),
    86003: ("群聊不存在：请核对 chatid", "There is no such chat: check its id"),
    86004: ("群名不合规：请改短或换一个", "The chat's name is not allowed: shorten or change it"),
    86005: (
        "群主不合规：须是群成员，并在应用可见范围内",
        "The owner is not allowed: a member of the chat within the app's range",
    ),
    86006: ("群成员过多或过少：须为 2 到 2000 人", "Too many members or too few: a chat has 2 to 2 000"),
    86007: (
        "群成员不合规：请核对 userid 和应用可见范围",
        "A member is not allowed: check the userid and the app's visible range",
    ),
    86008: ("不是本应用创建的群，不能修改", "Another app made this chat: it cannot be changed from here"),
    86215: ("这个群聊 chatid 已存在", "There is a chat of this id already"),
    93000: ("机器人 Webhook 的 key 无效：请重新填写", "The robot's webhook key is invalid: enter it again"),
    301025: (
        "审批申请不合规：申请人和审批人要在应用可见范围内，模板要对应用开放，必填控件要有内容",
        "The application is not allowed: people within the app's range, the template open to it, required controls filled",
    ),
    301002: ("Secret 不属于该 AgentId：请核对", "The secret does not belong to this AgentId: check both"),
    701008: ("没有已激活的成员许可：请在服务商后台购买", "No licensed member: the provider must buy licences"),
}

NO_AUDIENCE = frozenset({40096, 41048, 60111, 81013, 82001, 84061, 84084, 40068}) | NO_CHAT
DAILY = {"message/send": "app_person_times_day", "media/uploadimg": "uploadimg_day"}
BLOCK_SECONDS = 60.0
WAIT_SECONDS = {CONCURRENCY: 2.0, STILL_DISPATCHING: 2.0, 40014: 10.0, 42001: 10.0}


class PlatformError(Exception):
    """The platform answered ``path`` with an error. ``sure``: nothing can have gone out by this call."""

    def __init__(self, code: int, path: str, message: str = "", sure: bool = True) -> None:
        super().__init__(f"{path}: errcode {code}")
        self.code, self.path, self.message, self.sure = code, path, message, sure


def outcome_of(error: PlatformError, now: datetime, zone: str) -> Outcome:
    """What the error means for the delivery (or the account) that met it."""
    code = str(error.code)
    reason = describe(error)
    if error.code in STANDING:
        return Unauthorized(STANDING[error.code], code, reason)
    if error.code in (FREQUENCY, ROBOT_FREQUENCY):
        return _frequency(error, now, zone, reason)
    if error.code in WAIT_SECONDS:
        return Throttled(WAIT_SECONDS[error.code], code, reason)
    if error.code == BUSY:
        return Throttled(5.0, code, reason) if error.sure else Unknown(reason)
    return Refused(reason, code, "audience" if error.code in NO_AUDIENCE else "")


def describe(error: PlatformError) -> str:
    """The error in the words of both languages, with the platform's code."""
    if error.code in REASONS:
        return " / ".join(REASONS[error.code]) + f" (errcode {error.code})"
    return f"errcode {error.code}: {error.message.split(', hint')[0][:120]}"


def _frequency(error: PlatformError, now: datetime, zone: str, reason: str) -> Outcome:
    """45009 blocks for the window that was overrun: a minute's limit for 60 s, a day's until the natural day ends."""
    window = DAILY.get(error.path)
    if window is None:
        return Throttled(BLOCK_SECONDS, str(error.code), reason)
    end = Window("day").bounds(now, zone)[1]
    return Exhausted(window, end, str(error.code), reason)
