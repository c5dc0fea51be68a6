"""What the channel says of itself: two account kinds, one route each."""

from __future__ import annotations

from saas.channels import (
    NOT_NEGATIVE,
    WEB_ADDRESS,
    YES_NO,
    AccountKind,
    Channel,
    FanOut,
    Field,
    Form,
    RecallRight,
    Repeat,
    Replying,
    Route,
    Text,
)

BASE_URL = "https://api.bot.qq.com"
TOKEN_URL = "https://bots.qq.com"  # noqa: S105  (an address)
PACE_SECONDS = "5"
JITTER_SECONDS = "3"
PAUSE_MINUTES = "1440"
PROFILES = ("standard", "go-cqhttp", "napcat", "lagrange")

# An active message carries no msg_id, and the platform dedupes by msg_id and msg_seq alone: nobody can ask afterwards.
GROUP = Route(
    name="group",
    content=("text", "link", "image"),
    audience=("all", "ids"),
    fan_out=FanOut("each"),
    repeat=Repeat("none"),
    recall=RecallRight("recall", 120),
    unit="group",
)

REPLYING = Replying(content=("text", "link"), at_once=False)

SERVER = Form(r"(https?|wss?)://[^\s/?#]+\S*", Text("填 http(s):// 或 ws(s):// 地址", "enter an http(s) or ws(s) address"))
EVENTS = Form(r"none|wss?://[^\s/?#]+\S*", Text("填 ws(s):// 地址或 none", "enter a ws(s) address, or none"))
QQ_NUMBER = Form(r"[1-9][0-9]{4,11}", Text("填 QQ 号（数字）", "enter the QQ number, digits only"))

OFFICIAL = AccountKind(
    name="official",
    title=Text("QQ 官方机器人", "QQ official bot"),
    routes=(GROUP,),
    identity=("app_id",),
    credentials=(
        Field("app_id", Text("机器人 AppID", "Bot AppID")),
        Field("client_secret", Text("机器人 AppSecret", "Bot AppSecret"), secret=True),
    ),
    settings=(
        Field("base_url", Text("接口地址", "API address"), required=False, default=BASE_URL, form=WEB_ADDRESS),
        Field("token_url", Text("令牌接口地址", "Token address"), required=False, default=TOKEN_URL, form=WEB_ADDRESS),
        Field("certified", Text("已认证（yes/no）", "Certified (yes/no)"), required=False, default="no", form=YES_NO),
    ),
    risk=Text(
        "主动发言须由群主打开“机器人主动在群聊内发言”，未打开的群会被平台拒绝；平台曾在 2025-04 至 2026-07 关闭此能力。",
        "Unsolicited messages need the group owner's switch, else QQ refuses; it withdrew them from 2025-04 to 2026-07.",
    ),
    replying=REPLYING,
)

ONEBOT = AccountKind(
    name="onebot",
    title=Text("OneBot v11（自备服务端）", "OneBot v11 (your own server)"),
    routes=(GROUP,),
    credentials=(
        Field("access_token", Text("访问令牌", "Access token"), secret=True),
        Field("secret", Text("上报签名密钥", "Secret of event signatures"), secret=True, required=False),
    ),
    settings=(
        Field("base_url", Text("OneBot 地址（http、https、ws 或 wss）", "OneBot address (http, https, ws or wss)"),
              form=SERVER),
        Field("events_url", Text("事件地址（ws 或 wss；留空同 OneBot 地址，none 为只收 HTTP 上报）",
                                 "Address of events (ws or wss; empty: the OneBot address, none: HTTP pushes only)"),
              required=False, form=EVENTS),
        Field("profile", Text("服务端类型", "Kind of server"), required=False, default="standard",
              choices=PROFILES),
        Field("self_id", Text("机器人 QQ 号", "QQ number of the bot"), required=False, form=QQ_NUMBER),
        Field("pace_seconds", Text("每条间隔秒数", "Seconds between messages"), required=False, default=PACE_SECONDS,
              form=NOT_NEGATIVE),
        Field("jitter_seconds", Text("随机追加秒数", "Random extra seconds"), required=False, default=JITTER_SECONDS,
              form=NOT_NEGATIVE),
        Field("risk_pause_minutes", Text("风控后停发分钟数", "Minutes of stop after a risk signal"), required=False,
              default=PAUSE_MINUTES, form=NOT_NEGATIVE),
        Field("flash_images", Text("图片以闪照发送（yes/no）", "Pictures as flash images (yes/no)"), required=False,
              default="no", form=YES_NO),
        Field("listen", Text("收取哪些消息（mention/all）", "Which messages to take in (mention/all)"), required=False,
              default="mention", choices=("mention", "all")),
    ),
    risk=Text(
        "OneBot 以普通 QQ 号运行，违反 QQ 使用规则：该号可能被禁言、限制或永久封禁，且平台不会事先通知。"
        "多数服务端需真实登录；有的服务端许可证禁止商业使用。请只用可以失去的账号，自行承担责任。",
        "OneBot drives an ordinary QQ account against QQ's rules: it may be muted, restricted or banned without notice. "
        "Servers need a real login; the licence of some forbids commercial use. Use only an account you can afford to lose.",
    ),
    opt_in=True,
    replying=REPLYING,
)  # fmt: skip

CHANNEL = Channel(name="qq_group", title=Text("QQ 群", "QQ groups"), kinds=(OFFICIAL, ONEBOT))


def truthy(value: object) -> bool:
    """Whether a setting, a bool or a word of a form, says yes."""
    return value is True or str(value or "").strip().lower() in ("1", "yes", "true", "on", "是")
