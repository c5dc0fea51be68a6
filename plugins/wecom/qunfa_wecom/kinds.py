"""What the channel says of itself: its account kinds, their credentials and settings, and their routes."""

from __future__ import annotations

from typing import Any

from saas.channels import (
    WEB_ADDRESS,
    WHOLE_NUMBER,
    AccountKind,
    Channel,
    Confirmation,
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

DAY = 86_400
DUPLICATE_CHECK = 1_800
REPEAT_WITHIN = 1_500  # a repeat on its way when the check ends would be a second message
CONFIRM_SECONDS = 7 * DAY
LOOKUP_SECONDS = 600
BASE_URL = "https://qyapi.weixin.qq.com"
INSTALL_PAGE = "https://open.work.weixin.qq.com/3rdapp/install"
RIGHT_OF = {"customer": "contact", "groups": "contact", "moments": "contact", "app": "message"}
"""Which right of the corp's each kind of account needs."""

_TOKEN = Form(r"[A-Za-z0-9]{1,32}", Text("填 1–32 位英文或数字", "enter 1 to 32 letters or digits"))
_AES_KEY = Form(r"[A-Za-z0-9+/]{43}", Text("填 43 位英文或数字", "enter 43 letters or digits"))
_CORP = (
    Field("corp_id", Text("企业 ID", "Corp ID")),
    Field("app_secret", Text("应用 Secret", "App secret"), secret=True),
)
_CALLBACK = (
    Field("callback_token", Text("回调 Token", "Callback token"), secret=True, required=False, form=_TOKEN),
    Field("aes_key", Text("回调 EncodingAESKey", "Callback EncodingAESKey"), secret=True, required=False, form=_AES_KEY),
)
_BASE = Field("base_url", Text("接口地址", "API address"), required=False, default=BASE_URL, form=WEB_ADDRESS)
_SUITE = Field("suite_id", Text("服务商的 SuiteID", "The provider's suite ID"), required=False)
_CAPS = ("days", "week", "day", "four")
_MEMBERS = Field("members", Text("发送成员 userid，以逗号分隔", "Sending members' userids, separated by commas"), required=False)
_CUSTOMER_CAP = Field(
    "customer_cap",
    Text("每客户群发上限（days 每月天数、week 每周 7、day 每天 1、four 每月 4）", "Cap per customer (days, week, day or four)"),
    required=False,
    default="days",
    choices=_CAPS,
)
_ACCOUNTS = Field("accounts", Text("企业账号上限数", "Member accounts of the corp"), required=False, form=WHOLE_NUMBER)
_MEMBERS_CONFIRM = Confirmation(
    Text("企业成员在客户端点击发送", "The corp's members press send in their client"), CONFIRM_SECONDS
)
_OWNERS = Field("members", Text("群主 userid，以逗号分隔", "Userids of groups' owners, separated by commas"), required=False)
_CHATS = Field("chats", Text("只发这些客户群的 chat_id，以逗号分隔", "Only these groups' chat ids, with commas"), required=False)
_GROUP_CAP = Field(
    "customer_cap",
    Text("每个客户群群发上限（days 每月天数、week 每周 7、day 每天 1、four 每月 4）", "Cap per group (days, week, day or four)"),
    required=False,
    default="days",
    choices=_CAPS,
)
_OWNERS_CONFIRM = Confirmation(Text("群主在客户端点击发送", "The groups' owners press send in their client"), CONFIRM_SECONDS)

CUSTOMER = AccountKind(
    name="customer",
    title=Text("企业微信客户群发", "WeCom customer mass send"),
    routes=(
        Route(
            name="customer",
            content=("link", "text", "image", "miniprogram"),
            audience=("all", "tag", "ids"),
            fan_out=FanOut("batch", 10_000),
            repeat=Repeat("lookup", LOOKUP_SECONDS),
            recall=RecallRight("stop_unsent"),
            confirmation=_MEMBERS_CONFIRM,
        ),
    ),
    credentials=(*_CORP, *_CALLBACK),
    settings=(_BASE, _SUITE, _MEMBERS, _CUSTOMER_CAP),
)

GROUPS = AccountKind(
    name="groups",
    title=Text("企业微信客户群群发", "WeCom mass send to customer groups"),
    routes=(
        Route(
            name="groups",
            content=("link", "text", "image", "miniprogram"),
            audience=("all", "ids"),
            fan_out=FanOut("each"),
            repeat=Repeat("lookup", LOOKUP_SECONDS),
            recall=RecallRight("stop_unsent"),
            confirmation=_OWNERS_CONFIRM,
            unit="group",
        ),
    ),
    credentials=(*_CORP, *_CALLBACK),
    settings=(_BASE, _SUITE, _OWNERS, _CHATS, _GROUP_CAP),
)

APP = AccountKind(
    name="app",
    title=Text("企业微信应用消息", "WeCom app message"),
    routes=(
        Route(
            name="app",
            content=("articles", "link", "text", "image"),
            audience=("all", "tag", "ids"),
            fan_out=FanOut("batch", 1_000),
            repeat=Repeat("key", REPEAT_WITHIN),
            recall=RecallRight("recall", DAY),
        ),
    ),
    credentials=(*_CORP, Field("agent_id", Text("应用 AgentId", "App AgentId")), *_CALLBACK),
    identity=("corp_id", "agent_id"),
    settings=(_BASE, _SUITE, _MEMBERS, _ACCOUNTS),
    try_out=TryOut("app", content=("articles", "link", "text", "image"), person=Text("成员 userid", "Member userid")),
    replying=Replying(content=("text", "link"), at_once=True),
    approving=True,
)

MOMENTS = AccountKind(
    name="moments",
    title=Text("企业微信客户朋友圈", "WeCom customer moments"),
    routes=(
        Route(
            name="moments",
            content=("link", "image", "text"),
            audience=("all", "tag"),
            fan_out=FanOut("platform"),
            repeat=Repeat("lookup", LOOKUP_SECONDS),
            recall=RecallRight("stop_unsent"),
            confirmation=_MEMBERS_CONFIRM,
        ),
    ),
    credentials=(*_CORP, *_CALLBACK),
    settings=(_BASE, _SUITE, _MEMBERS),
)

ROBOT = AccountKind(
    name="robot",
    title=Text("企业微信群机器人", "WeCom group robot"),
    routes=(
        Route(
            name="robot",
            content=("link", "text", "image"),
            audience=("all",),
            fan_out=FanOut("platform"),
            repeat=Repeat("none"),
            unit="group",
        ),
    ),
    credentials=(Field("key", Text("机器人 Webhook 的 key", "Key of the robot's webhook"), secret=True),),
    identity=("key",),
    settings=(_BASE,),
)

APPCHAT = AccountKind(
    name="appchat",
    title=Text("企业微信应用群聊", "WeCom chats made by an app"),
    routes=(
        Route(
            name="appchat",
            content=("articles", "link", "text", "image"),
            audience=("all", "ids"),
            fan_out=FanOut("each"),
            repeat=Repeat("none"),
            unit="group",
        ),
    ),
    credentials=_CORP,
    settings=(
        _BASE,
        Field("chats", Text("应用群聊 chatid，以逗号分隔", "Ids of the app's chats, separated by commas")),
        Field(
            "largest_chat",
            Text("最大的群有多少成员", "Members of the largest chat"),
            required=False,
            default="2000",
            form=WHOLE_NUMBER,
        ),
    ),
)

_KINDS = "(customer|groups|app|moments)"
_BECOMES = Form(
    rf"{_KINDS}(\s*[,，]\s*{_KINDS})*", Text("填 customer、groups、app、moments，以逗号分隔", "list them with commas")
)
_SUITE_ID = Form(
    r"[a-z]{2}[0-9A-Za-z]{14,40}", Text("填 SuiteID，如 ww 开头的 18 位", "enter the suite ID, such as ww and 16 more")
)
_CORP_ID = Form(r"w[wx][0-9A-Za-z]{16}", Text("填以 ww 或 wx 开头的 18 位 CorpID", "enter the corp ID: ww or wx and 16 more"))
_SECRET = Form(r"[0-9A-Za-z_-]{20,128}", Text("填完整的 Secret，不含空格", "enter all of the secret, without spaces"))
_OPTIONAL: dict[str, Any] = {"secret": True, "required": False}
_PORTAL = PortalKind(
    Text("企业微信服务商 · 第三方应用 / 代开发", "WeCom provider, third-party or customised app"),
    credentials=(
        Field("suite_id", Text("SuiteID（代开发为模板 ID）", "Suite ID (of a customised app its template's)"), form=_SUITE_ID),
        Field(
            "suite_secret",
            Text("SuiteSecret（代开发为模板 Secret）", "Suite secret (or the template's)"),
            secret=True,
            form=_SECRET,
        ),
        Field("suite_token", Text("指令回调 Token", "Token of the commands"), secret=True, form=_TOKEN),
        Field(
            "suite_aes_key",
            Text("指令回调 EncodingAESKey（43 位）", "Key of the commands (43 characters)"),
            secret=True,
            form=_AES_KEY,
        ),
        Field("provider_corp_id", Text("服务商 CorpID", "The provider's corp ID"), form=_CORP_ID),
        Field(
            "provider_secret", Text("ProviderSecret（代开发需要）", "Provider secret (customised app)"), form=_SECRET, **_OPTIONAL
        ),
        Field(
            "data_token", Text("数据回调 Token（与指令回调不同时）", "Token of the data, if another"), form=_TOKEN, **_OPTIONAL
        ),
        Field(
            "data_aes_key", Text("数据回调 EncodingAESKey（不同时）", "Key of the data, if another"), form=_AES_KEY, **_OPTIONAL
        ),
    ),
    settings=(
        Field(
            "app_type",
            Text("third_party 第三方应用，customized 代开发", "third_party or customized"),
            required=False,
            choices=("third_party", "customized"),
        ),
        Field(
            "auth_type",
            Text("0 正式授权，1 测试授权", "0 for real, 1 for a test"),
            required=False,
            default="0",
            choices=("0", "1"),
        ),
        Field(
            "account_kinds",
            Text("授权后接入哪些：customer、groups、app、moments", "What a corp becomes: customer, groups, app, moments"),
            required=False,
            default="customer,app",
            form=_BECOMES,
        ),
        Field("api_url", Text("接口地址", "API address"), required=False, default=BASE_URL, form=WEB_ADDRESS),
        Field(
            "page_url",
            Text("授权页地址", "Address of the page to agree on"),
            required=False,
            default=INSTALL_PAGE,
            form=WEB_ADDRESS,
        ),
    ),
    rights=(
        Right("contact", Text("客户联系", "Customer contact"), routes=("customer", "groups", "moments")),
        Right("message", Text("应用消息", "App messages"), routes=("app",)),
    ),
    events=Text("指令回调 URL", "URL for commands"),
    messages=Text("数据回调 URL", "URL for data"),
    account_mark="$CORPID$",
)

CHANNEL = Channel("wecom", Text("企业微信", "WeCom"), (CUSTOMER, GROUPS, APP, MOMENTS, ROBOT, APPCHAT), portal=_PORTAL)
