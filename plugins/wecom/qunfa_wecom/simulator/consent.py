"""The corps' side of the stage: the pages on which an admin agrees, and one on which apps are changed and deleted."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from aiohttp import web

from qunfa_wecom.simulator.replies import Refusal
from qunfa_wecom.simulator.suites import CODE_LIFE, Suites

INSTALL, CUSTOMISED = "/3rdapp/install", "/3rdapp/customized"
STYLE = """
body{font:16px/1.6 system-ui,'Noto Sans SC',sans-serif;max-width:26rem;margin:3rem auto;padding:0 1rem;color:#1f2328}
h1{font-size:1.25rem} label{display:block;margin:.35rem 0} select{width:100%;padding:.5rem;font:inherit}
fieldset{border:1px solid #d0d7de;border-radius:6px;margin:1rem 0} p.note{color:#57606a}
button{font:inherit;padding:.5rem 1rem;border-radius:6px;border:1px solid #d0d7de;background:#f6f8fa}
form.one{display:inline-block;margin:.2rem .4rem .2rem 0} button.go{background:#2f5fb3;border-color:#2f5fb3;color:#fff}
"""
EXPIRED = ("授权链接已失效", "<p>预授权码无效或已过期，请回到服务商网站重新发起。</p>")
RIGHTS = (
    '<fieldset><legend>应用可以</legend><label><input type="checkbox" checked disabled> 向可见范围内的成员发消息</label>'
    '<label><input type="checkbox" name="right" value="contact" checked> 使用客户联系</label></fieldset>'
)
BUTTONS = (
    '<button class="go" name="decision" value="agree">扫码并同意授权</button> '
    '<button name="decision" value="refuse">取消</button>'
)


class Consent:
    """Small pages, as an admin's WeCom would show them."""

    def __init__(self, suites: Suites) -> None:
        self._suites, self._stage = suites, suites.stage

    def routes(self) -> list[web.RouteDef]:
        """The pages to agree on, what they send, and the page of those who have agreed."""
        act = "/_corps/{suite}/{corp}/"
        return [
            web.get(INSTALL, self._page),
            web.post(INSTALL, self._decide),
            web.get(CUSTOMISED, self._customised_page),
            web.post(CUSTOMISED, self._customised),
            web.get("/_corps", self._granted),
            web.post(act + "withdraw", self._withdraw),
            web.post(act + "change", self._change),
            web.post(act + "reset", self._reset),
            web.post(act + "install", self._install),
            web.post("/_corps/tickets", self._tickets),
        ]

    async def _page(self, request: web.Request) -> web.Response:
        query = {name: request.query.get(name, "") for name in ("suite_id", "pre_auth_code", "redirect_uri", "state")}
        good = self._suites.pre_authorised(query["suite_id"], query["pre_auth_code"])
        return _html("企业微信授权", self._form(query)) if good else _html(*EXPIRED)

    async def _decide(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        suite, code = str(form.get("suite_id", "")), str(form.get("pre_auth_code", ""))
        back, state = str(form.get("redirect_uri", "")), str(form.get("state", ""))
        if form.get("decision") != "agree":
            return _html("已取消", f'<p>没有授权。</p><p><a href="{escape(back)}">返回服务商网站</a></p>')
        if not self._suites.pre_authorised(suite, code):
            return _html(*EXPIRED)
        try:
            given = self._suites.agree(suite, str(form.get("corp", "")), _rights(form.getall("right", [])))
        except Refusal:
            return _html("没有这家企业", "<p>请返回重新选择。</p>")
        self._suites.passing.pre_auth.pop(code, None)
        raise web.HTTPFound(_with(back, auth_code=given, expires_in=str(CODE_LIFE), state=state))

    async def _customised_page(self, request: web.Request) -> web.Response:
        query = {name: request.query.get(name, "") for name in ("template", "state")}
        return _html("代开发应用授权", self._form(query)) if query["template"] in self._suites.known else _html(*EXPIRED)

    async def _customised(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        if form.get("decision") != "agree" or form.get("template") not in self._suites.known:
            return _html("已取消", "<p>没有授权。</p>")
        rights, state = _rights(form.getall("right", [])), str(form.get("state", ""))
        try:
            self._suites.agree(str(form["template"]), str(form.get("corp", "")), rights, state, push=True)
        except Refusal:
            return _html("没有这家企业", "<p>请返回重新选择。</p>")
        return _html("授权成功", "<p>服务商会收到通知，可以关闭此页。</p>")

    def _form(self, hidden: Mapping[str, str]) -> str:
        corps = "".join(
            f'<option value="{escape(corp)}">{escape(str(record["name"]))}</option>'
            for corp, record in self._stage.accounts.items()
            if record.get("kind") == "corp"
        )
        inputs = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in hidden.items())
        note = '<p class="note">模拟的企业微信授权页：选择一家企业，当作它的管理员扫了码。</p>'
        choice = f'<label>企业<select name="corp">{corps}</select></label>'
        return f'{note}<form method="post">{inputs}{choice}{RIGHTS}{BUTTONS}</form>'

    async def _granted(self, request: web.Request) -> web.Response:
        rows = ""
        for corp, suite, held in self._suites.granted():
            act = f"/_corps/{suite}/{corp}/"
            reset = _button(act + "reset", "重新获取 Secret") if held["customised"] else ""
            more = _button(act + "change", "取消客户联系" if "contact" in held["rights"] else "允许客户联系")
            name, app = (escape(str(words)) for words in (self._stage.accounts[corp]["name"], self._suites.known[suite]["name"]))
            rows += f"<p>{name} · {app}</p>{_button(act + 'withdraw', '删除应用')}{more}{reset}"
        tickets = _button("/_corps/tickets", "立即推送 suite_ticket")
        return _html("已授权的企业", (rows or "<p>还没有企业授权。</p>") + tickets)

    async def _withdraw(self, request: web.Request) -> web.StreamResponse:
        self._suites.withdraw(request.match_info["suite"], request.match_info["corp"])
        raise web.HTTPSeeOther("/_corps")

    async def _change(self, request: web.Request) -> web.StreamResponse:
        """Customer contact is taken away, or given."""
        suite, corp = request.match_info["suite"], request.match_info["corp"]
        held = next((held for c, s, held in self._suites.granted() if (c, s) == (corp, suite)), None)
        if held:
            self._suites.change(suite, corp, ["message"] if "contact" in held["rights"] else ["message", "contact"])
        raise web.HTTPSeeOther("/_corps")

    async def _reset(self, request: web.Request) -> web.StreamResponse:
        self._suites.reset(request.match_info["suite"], request.match_info["corp"])
        raise web.HTTPSeeOther("/_corps")

    async def _install(self, request: web.Request) -> web.StreamResponse:
        """The admin installs the app out of the app market: only the push tells of it."""
        self._suites.agree(request.match_info["suite"], request.match_info["corp"], ["message", "contact"], push=True)
        raise web.HTTPSeeOther("/_corps")

    async def _tickets(self, request: web.Request) -> web.StreamResponse:
        for suite in self._suites.known:
            self._suites.push_ticket(suite)
        raise web.HTTPSeeOther("/_corps")


def _rights(ticked: Collection[object]) -> list[str]:
    return ["message", *(["contact"] if "contact" in ticked else [])]


def _button(action: str, words: str) -> str:
    return f'<form class="one" method="post" action="{escape(action)}"><button>{words}</button></form>'


def _with(address: str, **more: str) -> str:
    parts = urlsplit(address)
    return urlunsplit(parts._replace(query=urlencode([*parse_qsl(parts.query), *more.items()])))


def _html(title: str, body: str) -> web.Response:
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
    page = f"<!doctype html><html lang=zh>{head}<style>{STYLE}</style><h1>{title}</h1>{body}</html>"
    return web.Response(text=page, content_type="text/html")
