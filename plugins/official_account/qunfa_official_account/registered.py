"""The templates an account has registered with the platform, and whether a message fits the one it names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from qunfa_official_account.checks import check
from qunfa_official_account.client import Client
from qunfa_official_account.outcomes import Refusal
from saas.channels import Finding, Message, NotSent, Template

PLACE = re.compile(r"\{\{\s*(\w+)\.DATA\s*\}\}")
MESSAGES, NOTICES = "/cgi-bin/template/get_all_private_template", "/wxaapi/newtmpl/gettemplate"
LISTS = {"template": (MESSAGES, "template_list", "template_id"), "notice": (NOTICES, "data", "priTmplId")}
REMEMBERED = 600.0
SHOWN = 5
Places = Mapping[str, Sequence[str]]


async def examine(client: Client, message: Message) -> list[Finding]:
    """What does not fit, by field. What is remembered only ever says that all is well. Raises NotSent."""
    if message.template is None or message.kind not in LISTS:
        return []
    if any(finding.severity == "block" for finding in check(client.account, message)):
        return []  # told already, and not worth a question
    return await _against_the_list(client, message, message.template)


async def _against_the_list(client: Client, message: Message, template: Template) -> list[Finding]:
    known = json.loads(await client.platform.recall_memory(_name(message)) or "{}")
    if known and not list(_unfit(template, known)):
        return []
    try:
        return list(_unfit(template, await _listed(client, message)))
    except Refusal as refusal:
        raise NotSent(refusal.sentence()) from None


async def _listed(client: Client, message: Message) -> Places:
    path, within, named = LISTS[message.kind]
    rows: Sequence[Mapping[str, Any]] = (await client.read(path)).get(within) or ()
    places = {str(row[named]): list(dict.fromkeys(PLACE.findall(str(row.get("content", ""))))) for row in rows if row.get(named)}
    await client.platform.remember(_name(message), json.dumps(places), REMEMBERED)
    return places


def _name(message: Message) -> str:
    return f"registered:{message.kind}"


def _unfit(template: Template, known: Places) -> Iterator[Finding]:
    if template.id not in known:
        yield _unknown(template.id, known)
        return
    places = known[template.id]
    for name in places:
        if name not in template.data:
            said = (f"模板要 {name}，活动没有写", f"the template needs {name}, which the campaign does not have")
            yield Finding(
                "template_place", "block", f"template.data.{name}", said, ("写上它的值", "write its value"), source=MESSAGES
            )
    for name in template.data if places else ():
        if name not in places:
            said = (f"模板没有 {name}，对方看不到", f"the template has no {name}: nobody sees it")
            remedy = (f"模板的字段：{'、'.join(places)}", f"its fields: {', '.join(places)}")
            yield Finding("template_place", "warn", f"template.data.{name}", said, remedy, source=MESSAGES)


def _unknown(id: str, known: Places) -> Finding:
    said = (f"账号没有模板 {id}", f"the account has no template {id}")
    listed = ", ".join(list(known)[:SHOWN])
    remedy = (
        (f"它的模板：{listed}", f"its templates: {listed}")
        if listed
        else ("先在公众平台添加", "add it in the platform's console first")
    )
    return Finding("template_unknown", "block", "template.id", said, remedy, source=MESSAGES)
