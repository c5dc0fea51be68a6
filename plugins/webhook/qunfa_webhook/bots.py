"""Custom bots of Feishu and DingTalk groups: one address a group, a fixed signature, an error code in every answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from qunfa_webhook import signatures
from qunfa_webhook.errors import DINGTALK, ELSE, FEISHU, Known
from qunfa_webhook.kinds import DINGTALK as DINGTALK_ADDRESS
from qunfa_webhook.kinds import FEISHU as FEISHU_ADDRESS
from qunfa_webhook.own import INSECURE, safe
from qunfa_webhook.wording import words
from saas.channels import Account, Delivery, MaybeSent, Message, Outcome, Platform, Progress, Receipt, Refused
from saas.channels.http import Answer


async def feishu(account: Account, message: Message, delivery: Delivery, platform: Platform) -> Outcome:
    """A text, or a post with a link, to the bot's group. NotSent and MaybeSent pass."""
    base = _base(account, FEISHU_ADDRESS)
    if not safe(base, account):
        return Refused(INSECURE, "", "base_url")
    stamp = str(int(platform.now().timestamp()))
    signed = {"timestamp": stamp, "sign": signatures.feishu(account.credentials.get("secret", ""), stamp)}
    path = f"/open-apis/bot/v2/hook/{quote(account.credentials.get('token', ''), safe='') or '-'}"
    answer = await platform.http.post(base + path, {**signed, **_feishu_content(message)})
    return _outcome(answer, "code", FEISHU, delivery)


async def dingtalk(account: Account, message: Message, delivery: Delivery, platform: Platform) -> Outcome:
    """A text or a link card to the bot's group. NotSent and MaybeSent pass."""
    base = _base(account, DINGTALK_ADDRESS)
    if not safe(base, account):
        return Refused(INSECURE, "", "base_url")
    stamp, credentials = str(int(platform.now().timestamp() * 1000)), account.credentials
    sign = signatures.dingtalk(credentials.get("secret", ""), stamp)
    query = {"access_token": credentials.get("token", ""), "timestamp": stamp, "sign": sign}
    answer = await platform.http.post(f"{base}/robot/send", _dingtalk_content(message), params=query)
    return _outcome(answer, "errcode", DINGTALK, delivery)


def _base(account: Account, default: str) -> str:
    return str(account.settings.get("base_url") or default).rstrip("/")


def _feishu_content(message: Message) -> dict[str, Any]:
    if not message.link:
        return {"msg_type": "text", "content": {"text": words(message)}}
    lines = [[{"tag": "text", "text": text}] for text in (message.text, message.link.description) if text]
    lines.append([{"tag": "a", "text": message.link.title, "href": message.link.url}])
    return {"msg_type": "post", "content": {"post": {"zh_cn": {"title": message.link.title, "content": lines}}}}


def _dingtalk_content(message: Message) -> dict[str, Any]:
    link = message.link
    if not link:
        return {"msgtype": "text", "text": {"content": words(message)}}
    about = message.text or link.description or link.title
    return {"msgtype": "link", "link": {"title": link.title, "text": about, "messageUrl": link.url, "picUrl": ""}}


def _outcome(answer: Answer, name: str, known: Mapping[str, Known], delivery: Delivery) -> Outcome:
    """By the error code alone. Anything that carries none is no answer of the platform."""
    fields = answer.json()
    if answer.status >= 500 or not isinstance(fields, dict) or name not in fields:
        raise MaybeSent(f"HTTP {answer.status}")
    code = str(fields[name])
    if code != "0":
        return known.get(code, ELSE).outcome(code)
    return Receipt({"key": delivery.key}, Progress(delivered=delivery.target.people, final=True))
