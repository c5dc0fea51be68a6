"""The sign-off sheet (三审三校签发单) of a campaign as a PDF: what was found, who signed which stage of exactly what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from saas.campaigns.amending import FIELDS, amendments
from saas.campaigns.approving import campaign_for
from saas.campaigns.commenting import threads_of
from saas.campaigns.models import Campaign
from saas.campaigns.passing import found_in
from saas.campaigns.reviewing import standing_of
from saas.campaigns.versions import spoken, versions
from saas.channels.message import Message
from saas.kernel import clock
from saas.kernel.database import db
from saas.kernel.typesetting import pages, pdf
from saas.reports.sheet import campaign_sheet
from saas.review.stages import KINDS
from saas.tenants.actor import ROLE_WORDS, Actor
from saas.tenants.models import Tenant

TEMPLATE = Path(__file__).with_name("signoff.typ")
ZONE = ZoneInfo("Asia/Shanghai")
STATES = {
    "awaiting_approval": "审核中", "approved": "已批准", "released": "已发送", "rejected": "已退回", "cancelled": "已取消",
}  # fmt: skip
SEVERITIES = {"block": "必须改正", "warn": "提醒", "note": "说明"}
WORDS = text("""
  SELECT a.*, m.name, m.role, b.name AS behalf FROM approvals a
  LEFT JOIN members m ON m.id = a.member_id LEFT JOIN members b ON b.id = a.on_behalf_of
  WHERE a.campaign_id = :campaign ORDER BY a.id""")
CHECKS = text("""
  SELECT to_jsonb(k) - 'findings' AS told, k.at FROM checks k
  WHERE k.campaign_id = :campaign AND k.digest = :digest ORDER BY k.id""")
OWN = {"id", "tenant_id", "campaign_id", "digest", "at"}


@dataclass(frozen=True, slots=True)
class SignOff:
    """The finished sheet and the name of its file."""

    name: str
    content: bytes


def sign_off(actor: Actor, campaign_id: int) -> SignOff:
    """The sheet of a campaign as it stands. NotFound; Forbidden for a client's user; the Problem ``no_fonts``."""
    values = sheet_values(actor, campaign_id)
    return SignOff(f"signoff-{campaign_id}.pdf", pdf(TEMPLATE, values))


def sign_off_pages(actor: Actor, campaign_id: int) -> list[bytes]:
    """The same pages as pictures."""
    return pages(TEMPLATE, sheet_values(actor, campaign_id))


def sheet_values(actor: Actor, campaign_id: int) -> dict[str, Any]:
    """Everything on the sheet, as plain values."""
    sheet = campaign_sheet(actor, campaign_id)
    campaign = campaign_for(campaign_id)
    said = spoken(campaign.id)
    agency = db.session.get(Tenant, actor.tenant_id)
    return {
        "agency": agency.name if agency else "",
        "name": campaign.name,
        "campaign": f"{campaign.id}（第 {campaign.version} 版）",
        "author": sheet.author,
        "state": STATES.get(campaign.state, campaign.state),
        "clients": "、".join(dict.fromkeys(one.client for one in said)),
        "created": _at(campaign.created_at),
        "due": _due(campaign),
        "lateness": _span(campaign.max_lateness.total_seconds()),
        "digest": campaign.digest,
        "made": f"{_at(clock.now())}，由 {actor.name} 生成",
        "accounts": [[one.client, one.name, _people(one.people), _gist(one.message)] for one in said],
        "checks": _checks(campaign),
        "findings": [_finding(found) for found in found_in(campaign)],
        "stages": _stages(campaign),
        "earlier": _earlier(campaign),
        "comments": _comments(campaign),
        "amendments": [_amended(one) for one in amendments(actor, campaign_id)],
        "versions": [[f"第 {v.number} 版", str(v.id), v.author, _at(v.created_at), str(v.words)] for v in versions(campaign)],
    }


def _at(moment: datetime | None) -> str:
    return f"{moment.astimezone(ZONE):%Y-%m-%d %H:%M:%S}" if moment else "—"


def _due(campaign: Campaign) -> str:
    return (
        "批准后立即"
        if campaign.draft.get("schedule", {}).get("form") == "now" and not campaign.released_at
        else _at(campaign.due_at)
    )


def _span(seconds: float) -> str:
    return f"{seconds / 3600:g} 小时" if seconds >= 3600 else f"{seconds / 60:g} 分钟"


def _people(count: int) -> str:
    return f"{count:,}"


def _gist(message: Message) -> str:
    if message.articles:
        return "；".join(f"《{article.title}》" for article in message.articles)
    said = message.text or (message.link.title if message.link else "") or (message.template.id if message.template else "")
    return said[:80] or f"{len(message.images)} 张图"


def _checks(campaign: Campaign) -> list[list[str]]:
    """When the machine looked, and by which versions of which rules."""
    rows = db.session.execute(CHECKS, {"campaign": campaign.id, "digest": campaign.digest})
    return [[_at(row.at), "；".join(_told(value) for name, value in row.told.items() if name not in OWN)] for row in rows]


def _told(value: Any) -> str:
    if isinstance(value, dict):
        return "、".join(f"{name} {given}" for name, given in value.items())
    return "、".join(_told(one) for one in value) if isinstance(value, list) else str(value)


def _finding(found: Any) -> dict[str, str]:
    value = found.value
    passed = f"{found.passed_by} 于 {_at(found.passed_at)} 放行：{found.reason}" if found.override else ""
    line = f":{value['line']}" if value.get("line") else ""
    return {
        "severity": SEVERITIES.get(value["severity"], value["severity"]),
        "tone": value["severity"],
        "where": f"{value['where']}{line}",
        "message": value["message"][0],
        "rule": value["rule"],
        "source": value.get("source", ""),
        "passed": passed or ("不能放行" if value["severity"] == "block" else ""),
    }


def _stages(campaign: Campaign) -> list[dict[str, Any]]:
    words = [dict(row._mapping) for row in db.session.execute(WORDS, {"campaign": campaign.id})]
    found = []
    for stage in standing_of(campaign):
        given = [word for word in words if word["stage"] in (stage.stage, 0) and word["digest"] == campaign.digest]
        title = KINDS[stage.kind][0] + (f" · {stage.client}" if stage.client else "")
        found.append(
            {
                "title": title,
                "due": f"期限 {stage.hours} 小时，{_at(stage.due_at)} 前" if stage.due_at else f"期限 {stage.hours} 小时",
                "words": [_word(word) for word in given],
            }
        )
    return found


def _word(word: dict[str, Any]) -> dict[str, str]:
    role = ROLE_WORDS[word["role"]][0] if word["role"] else "客户，凭一次性链接"
    return {
        "who": word["name"] or word["person"],
        "role": role + (f"，代 {word['behalf']} 签" if word["behalf"] else ""),
        "decision": "同意" if word["decision"] == "approved" else "退回",
        "at": _at(word["at"]),
        "note": word["note"] or "—",
        "digest": word["digest"],
        "seal": word["seal"],
        "overrides": str(len(word["overrides"])),
    }


def _earlier(campaign: Campaign) -> list[list[str]]:
    """Words on what the campaign said before: void, and kept."""
    chain = [version.id for version in versions(campaign) if version.number <= campaign.version]
    rows = [row for one in chain for row in db.session.execute(WORDS, {"campaign": one})]
    return [
        [
            _at(row.at),
            KINDS[row.kind][0],
            row.name or row.person,
            "同意" if row.decision == "approved" else "退回",
            row.note or "—",
            row.digest[:12],
        ]
        for row in rows
        if row.digest != campaign.digest
    ]


def _comments(campaign: Campaign) -> list[list[str]]:
    return [
        [
            thread.place.quote or "（整体）",
            "\n".join(f"{one.author}{'（凭链接）' if one.by_link else ''}：{one.body}" for one in thread.said),
            f"{thread.resolved_by} 已处理" if thread.resolved_at else "未处理",
        ]
        for thread in threads_of(campaign, None)
    ]


def _amended(one: Any) -> list[str]:
    field = FIELDS[one.field][0]
    before = one.before if one.field == "title" else one.before[:12]
    return [
        _at(one.happened_at),
        one.account_name,
        f"第 {one.article} 篇{field}",
        f"{before} → {one.after}",
        one.evidence,
        one.recorded_by,
    ]
