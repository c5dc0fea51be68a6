"""What the channel says of itself: two account kinds, their credentials, settings and routes."""

from __future__ import annotations

from typing import Any

from saas.channels import (
    WEB_ADDRESS,
    YES_NO,
    AccountKind,
    Channel,
    FanOut,
    Field,
    Form,
    PortalKind,
    RecallRight,
    Repeat,
    Replying,
    Right,
    Route,
    Text,
    TryOut,
)

BASE_URL = "https://api.weixin.qq.com"
LOGIN_PAGE = "https://mp.weixin.qq.com/cgi-bin/componentloginpage"
LIST_SIZE = 10_000

# The platform remembers a clientmsgid for 24 h and a client_msg_id for 10 min. A repeat takes time on its way,
# so ours must start a little earlier than the last moment.
MASS_KEY_SECONDS = 86_000
TEMPLATE_KEY_SECONDS = 570
# How long a submission whose answer was lost is looked for; the platform examines before it publishes.
LOOK_SECONDS = 1800

_MASS = Route(
    "mass",
    content=("articles", "text", "image", "link"),
    audience=("all", "tag"),
    fan_out=FanOut("platform"),
    repeat=Repeat("key", MASS_KEY_SECONDS),
    recall=RecallRight("take_down", 0),
)
_MASS_LIST = Route(
    "mass_list",
    content=("articles", "text", "image", "link"),
    audience=("ids",),
    fan_out=FanOut("batch", LIST_SIZE),
    repeat=Repeat("key", MASS_KEY_SECONDS),
    recall=RecallRight("take_down", 0),
)
_PUBLISH = Route(
    "publish",
    content=("articles", "image"),
    audience=("page",),
    fan_out=FanOut("platform"),
    repeat=Repeat("lookup", LOOK_SECONDS),
    recall=RecallRight("take_down", 0),
    unit="page",
)
_TEMPLATE = Route(
    "template",
    content=("template",),
    audience=("ids",),
    fan_out=FanOut("each"),
    repeat=Repeat("key", TEMPLATE_KEY_SECONDS),
)

_SUBSCRIBE = Route(
    "subscribe",
    content=("notice",),
    audience=("ids",),
    fan_out=FanOut("each"),
    repeat=Repeat("none"),
)

ONE_BY_ONE = frozenset({"template", "subscribe"})
"""Routes whose every message has a result that is pushed and can be asked for nowhere."""

_TOKEN = Form(r"[A-Za-z0-9]{3,32}", Text("填 3–32 位英文或数字", "enter 3 to 32 letters or digits"))
_AES_KEY = Form(r"[A-Za-z0-9+/]{43}", Text("填 43 位英文或数字", "enter 43 letters or digits"))
_APP_ID = Form(r"wx[0-9a-zA-Z]{16}", Text("填以 wx 开头的 18 位 AppID", "enter the app ID: wx and 16 more"))
_APP_SECRET = Form(r"[0-9A-Za-z]{32}", Text("填 32 位的 AppSecret", "enter the app secret, 32 characters"))
_GH_ID = Form(r"gh_\w{1,40}", Text("填以 gh_ 开头的原始 ID", "enter the original id, which begins with gh_"))
_CREDENTIALS = (
    Field("app_id", Text("开发者 AppID", "App ID")),
    Field("app_secret", Text("开发者密码 AppSecret", "App secret"), secret=True),
    Field("callback_token", Text("消息推送令牌 Token", "Message push token"), secret=True, required=False, form=_TOKEN),
    Field(
        "aes_key",
        Text("消息加解密密钥 EncodingAESKey（43 位）", "EncodingAESKey (43 characters)"),
        secret=True,
        required=False,
        form=_AES_KEY,
    ),
    Field(
        "aes_key_previous",
        Text("更换前的 EncodingAESKey", "EncodingAESKey before the last change"),
        secret=True,
        required=False,
        form=_AES_KEY,
    ),
)
_SETTINGS = (
    Field("verified", Text("已微信认证", "Verified by the platform"), required=False, default="true", form=YES_NO),
    Field("gh_id", Text("原始 ID（gh_…）", "Original id (gh_…)"), required=False, form=_GH_ID),
    Field("base_url", Text("接口地址", "API address"), required=False, default=BASE_URL, form=WEB_ADDRESS),
    Field(
        "ignore_reprint",
        Text("判为转载时仍群发", "Send even when judged a reprint"),
        required=False,
        default="false",
        form=YES_NO,
    ),
    Field(
        "mass_speed",
        Text("群发速度 0–4（0 最快，4 最慢）", "Speed of mass sends, 0 (fastest) to 4"),
        required=False,
        choices=("0", "1", "2", "3", "4"),
    ),
    Field(
        "send_protection",
        Text("已开启 API 群发保护", "API mass-send protection is on"),
        required=False,
        default="false",
        form=YES_NO,
    ),
)

_TRY_OUT = TryOut(
    "preview",
    content=("articles", "text", "image", "link"),
    person=Text("微信号或 openid", "WeChat ID or openid"),
    pattern=r"[A-Za-z][\w-]{5,19}|o[\w-]{27}",
)

_REPLYING = Replying(content=("text", "link"), at_once=True)


_PORTAL = PortalKind(
    Text("微信开放平台 · 第三方平台", "WeChat Open Platform, third-party platform"),
    credentials=(
        Field("component_appid", Text("第三方平台 AppID", "Platform app ID"), form=_APP_ID),
        Field("component_appsecret", Text("第三方平台 AppSecret", "Platform app secret"), secret=True, form=_APP_SECRET),
        Field("component_token", Text("消息校验 Token", "Message token"), secret=True, form=_TOKEN),
        Field("component_aes_key", Text("消息加解密 Key（43 位）", "Message key (43 characters)"), secret=True, form=_AES_KEY),
    ),
    settings=(
        Field("api_url", Text("接口地址", "API address"), required=False, default=BASE_URL, form=WEB_ADDRESS),
        Field(
            "page_url",
            Text("授权页地址", "Address of the page to scan on"),
            required=False,
            default=LOGIN_PAGE,
            form=WEB_ADDRESS,
        ),
    ),
    rights=(
        Right("1", Text("消息管理权限", "Messages")),
        Right("2", Text("用户管理权限", "Followers")),
        Right(
            "7",
            Text("群发与通知权限", "Mass sends and notices"),
            routes=("mass", "mass_list", "publish", "template", "subscribe"),
        ),
        Right("11", Text("素材管理权限", "Materials")),
    ),
    events=Text("授权事件接收 URL", "URL for authorisation events"),
    messages=Text("消息与事件接收 URL", "URL for messages and events"),
)


def channel() -> Channel:
    """The channel with its kinds. Routes stand in order of preference."""
    title = Text("订阅号", "Subscription account")
    own = (_MASS, _PUBLISH, _SUBSCRIBE)
    same: Any = {"try_out": _TRY_OUT, "replying": _REPLYING, "identity": ("app_id",)}
    subscription = AccountKind("subscription", title, own, _CREDENTIALS, _SETTINGS, **same)
    routes = (_MASS, _MASS_LIST, _TEMPLATE, _PUBLISH, _SUBSCRIBE)
    service = AccountKind("service", Text("服务号", "Service account"), routes, _CREDENTIALS, _SETTINGS, **same)
    kinds = (subscription, service)
    return Channel("official_account", Text("微信公众号", "WeChat Official Account"), kinds, portal=_PORTAL)
