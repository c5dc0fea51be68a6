"""What the group reads, and what is wrong with it before anybody does."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from qunfa_qq_group.kinds import truthy
from saas.channels import Account, Finding, Message

URL = re.compile(r"https?://[^\s<>\"'，。；！？）】》]+")
DOMAIN_SOURCE = "QQ bot docs: 40054010, the domain of a link must be registered"


def plain(message: Message) -> str:
    """The text of a message: its own words, then title, description and address of the link, a line each."""
    lines = [message.text.strip()]
    if message.link:
        lines += [message.link.title, message.link.description, message.link.url]
    return "\n".join(line for line in lines if line)


def storable(text: object) -> str:
    """Text (or a number) of a stranger as a database takes it: no NUL, no half of a surrogate pair; "" for anything else."""
    told = str(text) if text and isinstance(text, str | int) else ""
    return told.encode("utf-8", "replace").decode().replace("\x00", "").strip()


def links(message: Message) -> list[tuple[str, str]]:
    """Every address of the message as (where, address), the link first."""
    found = [("link.url", message.link.url)] if message.link else []
    return found + [("text", url) for url in URL.findall(message.text)]


def registered(url: str, allowed: Sequence[str]) -> bool:
    """Whether the host of an address is one of the domains or below one."""
    host = (urlsplit(url).hostname or "").lower()
    return any(host == domain or host.endswith("." + domain) for domain in allowed)


def official_findings(account: Account, message: Message) -> list[Finding]:
    """Links whose domain must be registered with the bot, where the account keeps no list that says so; a GIF."""
    listed = account.settings.get("allowed_domains") is not None
    return [*([] if listed else _link_notes(message)), *_gif_findings(message)]


def onebot_findings(account: Account, message: Message) -> list[Finding]:
    """The risk, said again at every check; flash images where the server has none."""
    found = [_risk()]
    if message.images and truthy(account.settings.get("flash_images")) and account.settings.get("profile") == "napcat":
        zh, en = "这种服务端没有闪照，图片会照常发出", "This kind of server has no flash images: pictures go out as usual"
        found.append(Finding("qq_flash_image", "warn", "images", (zh, en)))
    return found


def _link_notes(message: Message) -> list[Finding]:
    hosts = {urlsplit(url).hostname or url: where for where, url in reversed(links(message))}
    return [_registration(where, host) for host, where in hosts.items()]


def _registration(where: str, host: str) -> Finding:
    zh = f"请确认域名 {host} 已在 QQ 开放平台报备，否则平台会拒绝（40054010）"
    en = f"Make sure that the domain {host} is registered at the QQ open platform, else it refuses (40054010)"
    remedy = ("登记域名后写入账号的链接白名单", "Register it and put it on the account's allow-list")
    return Finding("qq_link_domain", "note", where, (zh, en), remedy, source=DOMAIN_SOURCE)


def _gif_findings(message: Message) -> list[Finding]:
    if not any(picture.mime == "image/gif" for picture in message.images):
        return []
    said = ("官方机器人接口只保证 JPG 和 PNG，GIF 可能被拒", "The official API promises JPG and PNG only: a GIF may be refused")
    return [Finding("qq_gif", "warn", "images", said, ("改用 JPG 或 PNG", "Use a JPG or PNG"))]


def _risk() -> Finding:
    zh = "OneBot 账号可能被封。出现超时（1200）或被禁言时系统会停发，请勿强行继续"
    en = "A OneBot account may be banned. On a timeout (1200) or a mute sending stops: do not force it on"
    return Finding("onebot_risk", "note", "account", (zh, en))
