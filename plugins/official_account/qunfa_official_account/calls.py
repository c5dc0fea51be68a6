"""The calls of the day that the platform counts by interface (``openapi/quota/get``), and their clearing (``clear_quota``)."""

from __future__ import annotations

from collections.abc import Mapping

from qunfa_official_account.client import Client
from qunfa_official_account.limits import no_clearing_left
from qunfa_official_account.outcomes import Refusal
from saas.channels import CallsLeft, NotSent, Outcome, Receipt, Text

QUOTA, CLEAR = "/cgi-bin/openapi/quota/get", "/cgi-bin/clear_quota"
NOT_GOT = frozenset({48001, 61007, 76003, 76021, 76022})
CLEARED_UP = 48006
INTERFACES: Mapping[str, Text] = {
    "/cgi-bin/message/mass/sendall": Text("群发（全部或标签）", "Mass sends to all or a tag"),
    "/cgi-bin/message/mass/send": Text("群发（按名单）", "Mass sends to a list"),
    "/cgi-bin/message/mass/preview": Text("预览", "Previews"),
    "/cgi-bin/message/mass/delete": Text("删除群发", "Take-downs of mass sends"),
    "/cgi-bin/message/template/send": Text("模板消息", "Template messages"),
    "/cgi-bin/message/subscribe/bizsend": Text("订阅通知", "Subscription notices"),
    "/cgi-bin/freepublish/submit": Text("发表", "Publications"),
    "/cgi-bin/freepublish/get": Text("查询发表结果", "Results of publications"),
    "/cgi-bin/freepublish/delete": Text("删除发表", "Take-downs of publications"),
    "/cgi-bin/draft/add": Text("新建草稿", "New drafts"),
    "/cgi-bin/draft/batchget": Text("读取草稿", "Lists of drafts"),
    "/cgi-bin/media/uploadimg": Text("上传正文图片", "Pictures of bodies"),
    "/cgi-bin/user/get": Text("读取关注者", "Lists of followers"),
}
"""What is asked about, with the words people read; each is what this channel calls."""


async def calls_left(client: Client) -> list[CallsLeft]:
    """By the platform's own count; an interface it does not know for this account is left out. Raises NotSent."""
    found = []
    for path, title in INTERFACES.items():
        try:
            told = (await client.prepare(QUOTA, {"cgi_path": path})).get("quota") or {}
        except Refusal as refusal:
            if refusal.code in NOT_GOT:
                continue
            raise NotSent(refusal.sentence()) from None
        limit, used, left = (int(told.get(name) or 0) for name in ("daily_limit", "used", "remain"))
        found.append(CallsLeft(path, title, limit, used, left))
    return found


async def clear_calls(client: Client) -> Outcome:
    """Ten a month for console, interface and platforms together. Raises Refusal; MaybeSent where the answer was lost."""
    account = client.account
    try:
        await client.act(CLEAR, {"appid": account.credentials.get("app_id", "")})
    except Refusal as refusal:
        if refusal.code == CLEARED_UP:
            return no_clearing_left(account, client.platform.now(), str(refusal.code), refusal.sentence())
        raise
    return Receipt({})
