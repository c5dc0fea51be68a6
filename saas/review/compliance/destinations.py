"""Findings on where links lead: dead ones, redirects step by step, unknown names, places off the allow-list. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from saas.channels import Finding
from saas.content.faults import Words, block, note, shown, warn
from saas.content.links import FoundLink, domain_allowed, host_of
from saas.review.reach import Reached

_FAULTS: dict[str, Words] = {
    "timeout": ("几秒内没有应答", "did not answer within seconds"),
    "unreachable": ("连接不上", "cannot be connected to"),
    "tls": ("证书无效", "has no valid certificate"),
    "redirects": ("跳转次数太多", "is redirected too often"),
    "odd": ("写法或端口不对，没有访问", "has an odd form or port and was not asked"),
}
_LOOK: Words = ("在手机上打开确认，或换一个链接", "open it on a phone to make sure, or use another link")


def destination_findings(
    links: Sequence[FoundLink], reached: Mapping[str, Reached], allow_lists: Mapping[str, Sequence[str]]
) -> list[Finding]:
    """What is to be told of each link. ``allow_lists``: domains by account key, for accounts that keep a list."""
    nameless = {url for url, one in reached.items() if one.fault == "name"}
    dark = bool(nameless) and nameless == set(reached)
    told: list[Finding] = []
    for link in links:
        if one := reached.get(link.url):
            told += _of(link, one, dark)
            told += _elsewhere(link, one, allow_lists)
    return list(dict.fromkeys(told))


def _of(link: FoundLink, one: Reached, dark: bool) -> list[Finding]:
    quoted = shown(link.url)
    if one.fault == "private":
        message = (f"链接 {quoted} 通向内网或本机地址", f"the link {quoted} leads to a private or local address")
        return [block("link_private", link.where, message, ("换成公开的网址", "use a public address"), link.line)]
    if one.fault == "name":
        message = (f"找不到链接 {quoted} 的域名", f"the domain of the link {quoted} is not known")
        return [(note if dark else warn)("link_name", link.where, message, _LOOK, link.line)]
    if one.fault == "unasked":
        return [
            note("link_unasked", link.where, (f"没有来得及访问 {quoted}", f"{quoted} was not asked in time"), _LOOK, link.line)
        ]
    if one.fault:
        zh, en = _FAULTS[one.fault]
        return [warn("link_dead", link.where, (f"链接 {quoted} {zh}", f"the link {quoted} {en}"), _LOOK, link.line)]
    return _by_status(link, one)


def _by_status(link: FoundLink, one: Reached) -> list[Finding]:
    if one.status in (404, 410) or one.status >= 500:
        quoted = shown(link.url)
        message = (f"链接 {quoted} 打不开（HTTP {one.status}）", f"the link {quoted} does not open (HTTP {one.status})")
        return [warn("link_dead", link.where, message, _LOOK, link.line)]
    if one.redirected:
        way = " → ".join(shown(step) for step in one.chain)
        return [note("link_redirect", link.where, (f"链接会跳转：{way}", f"the link is redirected: {way}"), ("", ""), link.line)]
    return []


def _elsewhere(link: FoundLink, one: Reached, allow_lists: Mapping[str, Sequence[str]]) -> list[Finding]:
    """A redirect that ends on a domain which an account's allow-list does not hold."""
    end = host_of(one.chain[-1]) if one.redirected and not one.fault else ""
    keys: Collection[str] = [key for key, domains in allow_lists.items() if end and not domain_allowed(end, domains)]
    if not keys:
        return []
    named = ", ".join(sorted(keys)[:6]) + ("…" if len(keys) > 6 else "")
    message = (
        f"链接 {shown(link.url)} 最后跳到 {end}，不在白名单里（{named}）",
        f"the link {shown(link.url)} ends at {end}, which is not on the allow-list ({named})",
    )
    remedy = (f"直接用白名单里的地址，或请管理员加上 {end}", f"link to an allowed address itself, or ask an admin to add {end}")
    return [warn("link_redirect_domain", link.where, message, remedy, link.line)]
