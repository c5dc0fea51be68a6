"""The owners' side of the stage: the page on which a code is scanned, with its rights, and a page on which they take it back."""

from __future__ import annotations

from html import escape
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from aiohttp import web

from qunfa_official_account.simulator.component import CODE_LIFE, RIGHTS, Components
from qunfa_official_account.simulator.errmsg import Err
from qunfa_official_account.simulator.world import World

LOGIN = "/cgi-bin/componentloginpage"
STYLE = """
body{font:16px/1.6 system-ui,'Noto Sans SC',sans-serif;max-width:26rem;margin:3rem auto;padding:0 1rem;color:#1f2328}
h1{font-size:1.25rem} label{display:block;margin:.35rem 0} select{width:100%;padding:.5rem;font:inherit}
fieldset{border:1px solid #d0d7de;border-radius:6px;margin:1rem 0} p.note{color:#57606a}
button{font:inherit;padding:.5rem 1rem;border-radius:6px;border:1px solid #d0d7de;background:#f6f8fa}
button.go{background:#07793c;border-color:#07793c;color:#fff}
"""


class Owners:
    """Small pages, as a phone would show them after a scan."""

    def __init__(self, world: World, components: Components) -> None:
        self._world, self._components = world, components

    def routes(self) -> list[web.RouteDef]:
        """The page to agree on, what it sends, and the page of those who have agreed."""
        return [
            web.get(LOGIN, self._page),
            web.post(LOGIN, self._decide),
            web.get("/_owners", self._granted),
            web.post("/_owners/{app_id}/withdraw", self._withdraw),
            web.post("/_owners/tickets", self._tickets),
        ]

    async def _page(self, request: web.Request) -> web.Response:
        query = {name: request.query.get(name, "") for name in ("component_appid", "pre_auth_code", "redirect_uri")}
        if not self._components.pre_authorised(query["component_appid"], query["pre_auth_code"]):
            return _html("二维码已过期", "<p>授权链接无效或已过期，请回到第三方平台重新发起。</p>")
        chosen = request.query.get("biz_appid", "")
        accounts = "".join(
            f'<option value="{escape(app_id)}"{" selected" if app_id == chosen else ""}>{escape(str(record["name"]))}</option>'
            for app_id, record in self._world.stage.accounts.items()
            if "gh_id" in record
        )
        rights = "".join(
            f'<label><input type="checkbox" name="right" value="{id}" checked> {name}</label>' for id, name in RIGHTS.items()
        )
        hidden = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in query.items())
        form = (
            f'<form method="post">{hidden}<label>公众号<select name="account">{accounts}</select></label>'
            f"<fieldset><legend>授权给第三方平台的权限</legend>{rights}</fieldset>"
            '<button class="go" name="decision" value="agree">扫码并同意授权</button> '
            '<button name="decision" value="refuse">拒绝</button></form>'
        )
        return _html("公众平台账号授权", f'<p class="note">模拟的微信授权页：选择一个公众号，当作管理员扫了码。</p>{form}')

    async def _decide(self, request: web.Request) -> web.StreamResponse:
        form = await request.post()
        back, component = str(form.get("redirect_uri", "")), str(form.get("component_appid", ""))
        pre_auth = str(form.get("pre_auth_code", ""))
        if form.get("decision") != "agree":
            return _html("已拒绝授权", f'<p>没有授权任何权限。</p><p><a href="{escape(back)}">返回第三方平台</a></p>')
        if not self._components.pre_authorised(component, pre_auth):
            return _html("二维码已过期", "<p>授权链接无效或已过期，请回到第三方平台重新发起。</p>")
        rights = [str(right) for right in form.getall("right", [])]
        try:
            code = self._components.agree(component, pre_auth, str(form.get("account", "")), rights)
        except Err:
            return _html("没有这个公众号", "<p>请返回重新选择。</p>")
        raise web.HTTPFound(_with(back, auth_code=code, expires_in=str(CODE_LIFE)))

    async def _granted(self, request: web.Request) -> web.Response:
        rows = "".join(
            f'<form method="post" action="/_owners/{app_id}/withdraw"><p>{escape(str(record["name"]))} '
            f"<button>取消授权</button></p></form>"
            for app_id, record in self._components.granted()
        )
        tickets = '<form method="post" action="/_owners/tickets"><button>立即推送 ticket</button></form>'
        return _html("已授权的公众号", (rows or "<p>还没有公众号授权。</p>") + tickets)

    async def _withdraw(self, request: web.Request) -> web.StreamResponse:
        self._components.withdraw(request.match_info["app_id"])
        raise web.HTTPSeeOther("/_owners")

    async def _tickets(self, request: web.Request) -> web.StreamResponse:
        for component in self._components.known:
            self._components.push_ticket(component)
        raise web.HTTPSeeOther("/_owners")


def _with(address: str, **more: str) -> str:
    parts = urlsplit(address)
    return urlunsplit(parts._replace(query=urlencode([*parse_qsl(parts.query), *more.items()])))


def _html(title: str, body: str) -> web.Response:
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
    page = f"<!doctype html><html lang=zh>{head}<style>{STYLE}</style><h1>{title}</h1>{body}</html>"
    return web.Response(text=page, content_type="text/html")
