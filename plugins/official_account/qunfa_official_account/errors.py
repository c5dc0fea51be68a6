"""The platform's error codes as data: what each means for a delivery, and the sentence a person reads.

Texts of the platform vary and are never matched on: the number decides. A number that is not listed is a refusal:
the platform answered, and answered no.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Action = Literal["refresh", "doubt", "wait", "calls", "quota", "person", "refuse", "accepted"]
REFRESH = frozenset({40001, 40014, 41001, 42001})
ACCEPTED_BEFORE = 45065


@dataclass(frozen=True, slots=True)
class Meaning:
    """What to do with a code. ``datum``: seconds to wait, the reason of a stop, or the field that is at fault."""

    action: Action
    datum: str
    zh: str
    en: str


def _stop(reason: str, zh: str, en: str) -> Meaning:
    return Meaning("person", reason, zh, en)


def _no(field: str, zh: str, en: str) -> Meaning:
    return Meaning("refuse", field, zh, en)


_CREDENTIALS = _stop("credentials", "AppID 或 AppSecret 不正确，请在账号设置中更新", "app id or app secret is wrong: update it")
_BUSY = Meaning("doubt", "5", "平台系统繁忙", "the platform is busy")
_FAST = Meaning("wait", "60", "调用过于频繁，稍后自动重试", "too many calls: tried again later")
_IP = _stop(
    "ip_not_listed", "服务器 IP 不在公众号 IP 白名单，请在公众平台添加", "this server's IP is not on the account's list: add it"
)
_ADMIN = _stop("admin_confirmation", "等待公众号管理员在手机上确认", "waiting for the account's administrator to confirm")
_RIGHT = _stop(
    "no_right", "公众号没有此接口权限，请在公众平台核对认证与权限", "the account lacks this right: check verification and rights"
)
_MEDIA = _no("pictures", "图片或素材无效，请重新上传", "a picture or material is not valid: upload it again")
_LIST = _no("audience", "接收人列表无效（每次 2 到 10000 人）", "the list of recipients is not valid (2 to 10 000 each time)")
_TAG = _no("audience", "标签不存在，请重新选择", "the tag does not exist: choose another")
_OPENID = _no("target", "OpenID 无效或不属于此公众号", "the openid is not valid, or another account's")
_EMPTY = _no("body", "内容为空，请填写", "the content is empty: fill it in")
_OWN = _no("", "请求参数错误，请联系技术支持", "the request was malformed: tell support")

MEANINGS: dict[int, Meaning] = {
    -1: _BUSY,
    9001002: _BUSY,
    45066: Meaning("doubt", "60", "同一次群发重试过快，一分钟后核对", "the same job was repeated too fast: checked in a minute"),
    45011: _FAST,
    42010: _FAST,
    61503: Meaning("wait", "3600", "数据尚未就绪", "the figures are not ready yet"),
    48006: _no("", "本月清零次数已用完", "the calls were counted anew as often as a month allows"),
    45009: Meaning("calls", "", "当天接口调用次数已用完", "the day's calls of this interface are used up"),
    45028: Meaning("quota", "", "群发次数已用完", "the right to mass-send is used up"),
    45065: Meaning("accepted", "", "平台已收到过这次群发", "the platform already has this job"),
    40001: _CREDENTIALS,
    40013: _CREDENTIALS,
    40014: _CREDENTIALS,
    40125: _CREDENTIALS,
    40243: _stop("credentials", "AppSecret 已被冻结，请在公众平台解冻", "the app secret is frozen: thaw it in the console"),
    41001: _CREDENTIALS,
    41002: _CREDENTIALS,
    41004: _CREDENTIALS,
    42001: _CREDENTIALS,
    40164: _IP,
    61004: _IP,
    89501: _ADMIN,
    89502: _ADMIN,
    89503: _ADMIN,
    89504: _ADMIN,
    89505: _ADMIN,
    89506: _stop("ip_not_listed", "管理员拒绝了此 IP，24 小时后再试", "the administrator refused this IP: try again in 24 hours"),
    89507: _stop("ip_not_listed", "管理员拒绝了此 IP，1 小时后再试", "the administrator refused this IP: try again in an hour"),
    48001: _RIGHT,
    48003: _stop(
        "no_right",
        "公众号尚未同意群发协议，请在公众平台同意",
        "the mass-send agreement is not accepted: accept it in the console",
    ),
    48004: _stop("banned", "接口被封禁，请登录公众平台查看详情", "the interface is banned: see the console"),
    48008: _stop("no_right", "公众号没有发送此类消息的权限", "the account may not send this kind of message"),
    45062: _stop(
        "no_right", "公众号签有广告协议，请在公众平台群发", "the account has an advertising agreement: send from the console"
    ),
    50002: _stop("banned", "公众号被限制、冻结或注销", "the account is restricted, frozen or closed"),
    61003: _stop("revoked", "公众号未授权给第三方平台，请重新授权", "the account's authorisation is gone: authorise again"),
    61005: Meaning("wait", "600", "平台 ticket 已过期，等待下一次推送", "the ticket has expired: waiting for the next"),
    61006: Meaning("wait", "600", "平台 ticket 无效，等待下一次推送", "the ticket is not valid: waiting for the next"),
    61007: _stop(
        "no_right",
        "公众号没有把此权限授权给第三方平台，请重新扫码并勾选",
        "the account has not granted this right: scan again and tick it",
    ),
    61009: _no("code", "授权码无效、已用过或已过期，请重新扫码", "the code is not valid, used or too old: scan again"),
    61011: _stop("credentials", "第三方平台 AppID 不正确", "the platform's app id is wrong"),
    61028: _no(
        "code",
        "第三方平台尚未全网发布，只有测试名单中的公众号可以授权",
        "the platform is not published: only accounts on its test list can authorise",
    ),
    61023: _stop("revoked", "授权已失效，请重新授权", "the authorisation has ended: authorise again"),
    40004: _MEDIA,
    40005: _no("pictures", "图片格式不支持：正文图只收 JPG、PNG", "picture format: body pictures must be JPG or PNG"),
    40006: _no("pictures", "图片文件过大", "the picture file is too large"),
    40007: _MEDIA,
    40008: _no("kind", "消息类型不支持", "this kind of message is not supported"),
    40009: _no("pictures", "正文图片须小于 1 MB", "body pictures must be under 1 MB"),
    45001: _no("pictures", "素材文件过大或素材库已满", "the material is too large, or the library is full"),
    45002: _no("body", "内容超过长度限制，请缩短", "the content is too long: shorten it"),
    45003: _no("title", "标题过长，请缩短", "the title is too long: shorten it"),
    45004: _no("digest", "摘要过长，请缩短", "the digest is too long: shorten it"),
    45005: _no("source_url", "原文链接过长", "the source link is too long"),
    45006: _no("pictures", "图片链接过长", "a picture's address is too long"),
    45007: _no("voice", "语音过长", "the voice message is too long"),
    45110: _no("author", "作者名过长，请缩短", "the author is too long: shorten it"),
    45008: _no("articles", "文章超过 8 篇", "more than 8 articles"),
    45166: _EMPTY,
    44001: _EMPTY,
    44002: _EMPTY,
    44003: _EMPTY,
    44004: _EMPTY,
    41005: _EMPTY,
    41006: _MEDIA,
    41039: _no("source_url", "原文链接无效", "the source link is not valid"),
    87014: _no("body", "内容含违法违规信息", "the content is judged unlawful"),
    88000: _no("comments", "公众号没有留言权限", "the account has no right to comments"),
    48021: _no("articles", "自动保存的草稿不能群发", "an automatically saved draft cannot be sent"),
    48022: _no("video", "接口上传的视频不能群发", "a video uploaded by interface cannot be sent"),
    45113: _no("kind", "商品与卡券已不支持群发", "products and cards can no longer be mass-sent"),
    40033: _no("body", "含有不支持的字符", "the content has characters the platform does not take"),
    47001: _OWN,
    47003: _no(
        "template", "模板参数为空或不合规则，请检查各字段", "a template value is empty or breaks its rule: check the fields"
    ),
    40037: _no("template", "模板 ID 不存在，请在公众平台核对", "the template id does not exist: check it in the console"),
    40246: _no("template", "模板小程序跳转无效", "the template's mini program is not valid"),
    40003: _OPENID,
    49003: _OPENID,
    40031: _LIST,
    40032: _LIST,
    40130: _LIST,
    40152: _TAG,
    45159: _TAG,
    43004: _no("target", "对方未关注公众号", "the person does not follow the account"),
    43101: _no(
        "target",
        "对方没有订阅、已退订，或订阅次数已用完",
        "the person has not subscribed, has unsubscribed, or what was subscribed is used up",
    ),
    43116: _no("target", "对方拒收此模板的消息", "the person refuses messages of this template"),
    40059: _no("msg_id", "群发任务不存在", "the platform does not know this job"),
    40060: _no("article_idx", "文章序号无效", "the number of the article is not valid"),
    40065: _no("msg_id", "群发任务尚未成功，不能删除", "the job is not finished and cannot be taken down"),
    40204: _no("msg_id", "此文章不能删除", "this article cannot be taken down"),
    53500: _stop("banned", "公众号的发表功能被封禁", "the account may not publish: see the console"),
    53501: Meaning("wait", "3600", "发表过于频繁，稍后自动重试", "publishing too often: tried again later"),
    53502: _no("publish_id", "发表任务不存在", "the platform does not know this publication"),
    53600: _no("article_id", "文章不存在或已撤下", "the article does not exist, or was taken down already"),
    45067: _no("clientmsgid", "群发标识过长，请联系技术支持", "the job's key is too long: tell support"),
    40002: _OWN,
    43001: _OWN,
    43002: _OWN,
    43003: _OWN,
    45083: _OWN,
    45084: _OWN,
    61500: _OWN,
    61501: _OWN,
}
UNLISTED = _no("", "平台拒绝", "the platform refused")

# Why a mass job that was accepted did not go out: the numbers of ``err(num)`` in MASSSENDJOBFINISH.
JOB_FAULTS: dict[int, str] = {
    10001: "涉嫌广告",
    20001: "涉嫌政治",
    20002: "涉嫌色情",
    20004: "涉嫌社会",
    20006: "涉嫌违法犯罪",
    20008: "涉嫌欺诈",
    20013: "涉嫌版权",
    21000: "涉嫌其他",
    22000: "涉嫌互推（互相宣传）",
    30001: "原创校验系统错误，且已选择判为转载时不群发",
    30002: "原创校验判定为不能群发",
    30003: "原创校验判为转载，且已选择判为转载时不群发",
    40001: "管理员拒绝了这次群发",
    40002: "管理员 30 分钟内没有确认，群发已取消",
}


def meaning(code: int) -> Meaning:
    """What a code means; a refusal when it is not listed."""
    return MEANINGS.get(code, UNLISTED)
