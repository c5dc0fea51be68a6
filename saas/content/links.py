"""Links and addresses: which may stand in a message at all, and which an account's allow-list covers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from saas.channels import Finding
from saas.content.faults import Words, block, shown, warn
from saas.kernel.addresses import host_address, public

_LOCAL_NAMES = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "arpa", "onion", "test", "invalid")
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_REMOVE: Words = ("删掉这个链接，或换成公开网站的 https 地址", "remove the link, or use the https address of a public site")


@dataclass(frozen=True, slots=True)
class FoundLink:
    """A link as written, and where."""

    url: str
    where: str
    line: int = 0


@dataclass(frozen=True, slots=True)
class LinkFault:
    """Why an address may not be used: the rule and the sentence (zh, en)."""

    rule: str
    message: Words


def link_fault(url: str) -> LinkFault | None:
    """Why this address must not go out at all (scheme, user name, private or odd host), or None."""
    quoted = shown(url)
    if any(ord(c) <= 32 or c in "\\\x7f" for c in url):
        return LinkFault(
            "link_odd",
            (f"链接 {quoted} 含有空白、反斜杠或控制字符", f"the link {quoted} holds blanks, backslashes or control characters"),
        )
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return LinkFault("link_odd", (f"链接 {quoted} 写法有误", f"the link {quoted} is malformed"))
    return _scheme_fault(parts, quoted) or _host_fault(parts, host, quoted)


def _scheme_fault(parts: SplitResult, quoted: str) -> LinkFault | None:
    if parts.scheme in ("javascript", "vbscript", "data"):
        return LinkFault(
            "link_script", (f"{parts.scheme}: 链接 {quoted} 会执行脚本", f"the {parts.scheme}: link {quoted} runs code")
        )
    if parts.scheme not in ("http", "https"):
        return LinkFault(
            "link_scheme", (f"链接 {quoted} 不是 http 或 https 地址", f"the link {quoted} is not an http or https address")
        )
    return None


def _host_fault(parts: SplitResult, host: str, quoted: str) -> LinkFault | None:
    if "@" in parts.netloc:
        return LinkFault(
            "link_userinfo", (f"链接 {quoted} 里带着用户名或密码", f"the link {quoted} carries a user name or password")
        )
    address = host_address(host)
    if address is not None:
        if not public(address):
            return LinkFault(
                "link_private",
                (f"{quoted} 指向内网或本机地址 {address}", f"{quoted} points to the private or local address {address}"),
            )
        return LinkFault(
            "link_address", (f"{quoted} 用的是 IP 地址，不是域名", f"{quoted} uses an IP address instead of a domain")
        )
    labels = host.rstrip(".").lower().split(".")
    if labels[-1] in _LOCAL_NAMES:
        return LinkFault("link_private", (f"{quoted} 指向内网或本机", f"{quoted} points to a private or local host"))
    if len(labels) < 2 or not all(_valid_label(label) for label in labels):
        return LinkFault("link_odd", (f"{quoted} 里没有正常的域名", f"{quoted} has no proper domain"))
    return None


def _valid_label(label: str) -> bool:
    if label.isascii():
        return bool(_LABEL.fullmatch(label))
    return label.isprintable() and all(c.isalnum() or c == "-" for c in label)


def host_of(url: str) -> str:
    """The lower-case host of a well-formed link, in ASCII form where it has one."""
    host = (urlsplit(url).hostname or "").rstrip(".").lower()
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return host


def domain_allowed(host: str, allowed: Iterable[str]) -> bool:
    """Whether a host is one of the allowed domains or below one of them."""
    names = [domain.strip().lower().removeprefix("*.").strip(".") for domain in allowed]
    return any(host == name or host.endswith("." + name) for name in names if name)


def check_links(links: Iterable[FoundLink], allowed_domains: Sequence[str] | None) -> list[Finding]:
    """Findings on links: dangerous ones, and those whose domain is not on the account's allow-list.

    ``allowed_domains`` None: no list is kept, only danger is checked; an empty list allows no link at all.
    """
    found: list[Finding] = []
    for link in links:
        fault = link_fault(link.url)
        if fault:
            found.append(block(fault.rule, link.where, fault.message, _REMOVE, link.line))
        elif allowed_domains is not None and not domain_allowed(host_of(link.url), allowed_domains):
            found.append(_not_allowed(link, allowed_domains))
        elif urlsplit(link.url).scheme == "http":
            message = (f"链接 {shown(link.url)} 没有加密（http）", f"the link {shown(link.url)} is not encrypted (http)")
            found.append(warn("link_plain", link.where, message, ("改用 https", "use https"), link.line))
    return found


def _not_allowed(link: FoundLink, allowed: Sequence[str]) -> Finding:
    host = host_of(link.url)
    message = (
        f"链接 {shown(link.url)} 的域名 {host} 不在白名单里",
        f"the domain {host} of the link {shown(link.url)} is not on the allow-list",
    )
    listed = ", ".join(allowed) or "—"
    remedy = (
        f"换成白名单里的域名（{listed}），或请管理员加上 {host}",
        f"use an allowed domain ({listed}), or ask an admin to add {host}",
    )
    return block("link_domain", link.where, message, remedy, link.line)
