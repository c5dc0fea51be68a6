"""What the channel says of itself: own systems, and two kinds of group bots whose protocol is fixed."""

from __future__ import annotations

from saas.channels import WEB_ADDRESS, AccountKind, Channel, FanOut, Field, Form, Repeat, Route, Text

FEISHU, DINGTALK = "https://open.feishu.cn", "https://oapi.dingtalk.com"
KEY_SECONDS = 86_000  # the protocol asks receivers to remember keys for 24 hours; a repeat takes time on its way
TEMPLATE = '{"id": "{key}", "text": "{text}", "title": "{title}", "url": "{url}"}'
SECRET = Field("secret", Text("签名密钥", "Signing secret"), secret=True)

PER_MINUTE = Form(r"[1-9][0-9]{0,3}|[1-5][0-9]{4}|60000", Text("填 1–60000 的整数", "enter a whole number from 1 to 60000"))

OWN = AccountKind(
    name="own",
    title=Text("自有系统（签名 Webhook）", "Own system (signed webhook)"),
    routes=(Route("post", ("text", "link"), ("all",), FanOut("platform"), Repeat("key", KEY_SECONDS), unit="group"),),
    credentials=(SECRET,),
    settings=(
        Field("url", Text("接收地址（https）", "Receiving address (https)"), form=WEB_ADDRESS),
        Field("template", Text("请求体模板（JSON）", "Template of the body (JSON)"), required=False, default=TEMPLATE),
        Field("success", Text("成功条件，如 code=0（留空：任何 2xx）", "Success rule, e.g. code=0"), required=False),
        Field("id_field", Text("答复中消息编号的字段", "Field of the answer that holds the id"), required=False, default="id"),
        Field("per_minute", Text("每分钟最多几条", "Messages a minute at most"), required=False, default="60",
              form=PER_MINUTE),
    ),
)  # fmt: skip


def _bot(name: str, title: Text, token: Text, address: str) -> AccountKind:
    """A bot of one group: nothing dedupes, nothing can be asked or taken back."""
    return AccountKind(
        name=name,
        title=title,
        routes=(Route("post", ("text", "link"), ("all",), FanOut("platform"), Repeat("none"), unit="group"),),
        credentials=(Field("token", token, secret=True), SECRET),
        settings=(Field("base_url", Text("接口地址", "API address"), required=False, default=address, form=WEB_ADDRESS),),
    )


FEISHU_BOT = _bot(
    "feishu",
    Text("飞书自定义机器人", "Feishu custom bot"),
    Text("Webhook 地址最后一段 token", "Token, the last part of the webhook address"),
    FEISHU,
)
DINGTALK_BOT = _bot(
    "dingtalk",
    Text("钉钉自定义机器人", "DingTalk custom bot"),
    Text("Webhook 地址中的 access_token", "Token (access_token) of the webhook address"),
    DINGTALK,
)
CHANNEL = Channel("webhook", Text("签名 Webhook", "Signed webhook"), (OWN, FEISHU_BOT, DINGTALK_BOT), begins_off=True)
