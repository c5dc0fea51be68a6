"""What the group reads, and what is wrong with it before anybody does."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from qunfa_qq_group.kinds import truthy
from saas.channels import Account, Finding, Limits, Message

URL = re.compile(r"https?://[^\s<>\"'，。；！？）】》]+")
DOMAIN_SOURCE = "QQ bot docs: 40054010, the domain of a link must be registered"


def plain(message: Message) -> str:
    """The text of a message: its own words, then title, description and address of the link, a line each."""
    lines = [message.text.strip()]
    if message.link:
        lines += [message.link.title, message.link.description, message.link.url]
    return "\n".join(line for line in lines if line)


def links(message: Message) -> list[tuple[str, str]]:
    """Every address of the message as (where, address), the link first."""
    found = [("link.url", message.link.url)] if message.link else []
    return found + [("text", url) for url in URL.findall(message.text)]


def domains(account: Account) -> list[str]:
    """The domains an account has registered, lower case."""
    value = account.settings.get("allowed_domains") or ()
    parts = value.replace("，", ",").split(",") if isinstance(value, str) else value
    return [str(part).strip().lower() for part in parts if str(part).strip()]


def registered(url: str, allowed: list[str]) -> bool:
    """Whether the host of an address is one of the domains or below one."""
    host = (urlsplit(url).hostname or "").lower()
    return any(host == domain or host.endswith("." + domain) for domain in allowed)


def official_findings(account: Account, message: Message, limits: Limits) -> list[Finding]:
    """Links whose domain is not registered, more pictures than one message carries, a GIF."""
    return _link_findings(account, message) + _image_findings(message, limits) + _gif_findings(message)


def onebot_findings(account: Account, message: Message, limits: Limits) -> list[Finding]:
    """The risk, said again at every check; too many pictures; flash images where the server has none."""
    found = [_risk(), *_image_findings(message, limits)]
    if message.images and truthy(account.settings.get("flash_images")) and account.settings.get("profile") == "napcat":
        zh, en = "这种服务端没有闪照，图片会照常发出", "This kind of server has no flash images: pictures go out as usual"
        found.append(Finding("qq_flash_image", "warn", "images", (zh, en)))
    return found


def _link_findings(account: Account, message: Message) -> list[Finding]:
    allowed = domains(account)
    return [_unregistered(where, url, bool(allowed)) for where, url in links(message) if not registered(url, allowed)]


def _unregistered(where: str, url: str, listed: bool) -> Finding:
    host = urlsplit(url).hostname or url
    zh = f"链接域名 {host} 不在此机器人的已报备域名里，平台会拒绝（40054010）"
    en = f"The domain {host} is not among the bot's registered domains: the platform refuses it (40054010)"
    if not listed:
        zh, en = (
            f"请确认域名 {host} 已在 QQ 开放平台报备",
            f"Make sure that the domain {host} is registered at the QQ open platform",
        )
    remedy = ("在 QQ 开放平台登记域名，并写入账号设置 allowed_domains", "Register it and name it in the setting allowed_domains")
    return Finding("qq_link_domain", "block" if listed else "note", where, (zh, en), remedy, source=DOMAIN_SOURCE)


def _image_findings(message: Message, limits: Limits) -> list[Finding]:
    most = limits.content_rule("images")
    if most is None or len(message.images) <= most:
        return []
    said = (
        f"一条消息最多 {most} 张图片，现有 {len(message.images)} 张",
        f"At most {most} pictures a message, there are {len(message.images)}",
    )
    return [
        Finding(
            "qq_images", "block", "images", said, ("删去多余的图片，或分成几个活动", "Remove some, or make several campaigns")
        )
    ]


def _gif_findings(message: Message) -> list[Finding]:
    if not any(picture.mime == "image/gif" for picture in message.images):
        return []
    said = ("官方机器人接口只保证 JPG 和 PNG，GIF 可能被拒", "The official API promises JPG and PNG only: a GIF may be refused")
    return [Finding("qq_gif", "warn", "images", said, ("改用 JPG 或 PNG", "Use a JPG or PNG"))]


def _risk() -> Finding:
    zh = "OneBot 账号可能被封。出现超时（1200）或被禁言时系统会停发，请勿强行继续"
    en = "A OneBot account may be banned. On a timeout (1200) or a mute sending stops: do not force it on"
    return Finding("onebot_risk", "note", "account", (zh, en))
