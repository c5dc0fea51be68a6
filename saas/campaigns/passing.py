"""What the machine found in a campaign, and which warnings a reviewer lets pass, with the reason."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text

from saas.campaigns.approving import campaign_for
from saas.campaigns.models import Campaign
from saas.campaigns.reviewing import wrote
from saas.kernel.database import db, transaction
from saas.kernel.errors import Conflict, Forbidden, Invalid
from saas.review.models import Override
from saas.tenants import audit
from saas.tenants.actor import Actor

FOUND = text("""
  SELECT DISTINCT ON (f.at, f.key) f.key, f.value, o.id, o.reason, o.at AS passed_at, m.name
  FROM (SELECT md5(j.value::text) AS key, j.value, min(k.id * 100000 + j.ordinality) AS at
        FROM checks k, jsonb_array_elements(k.findings) WITH ORDINALITY j
        WHERE k.campaign_id = :campaign AND k.digest = :digest GROUP BY 1, 2) f
  LEFT JOIN finding_overrides o ON o.campaign_id = :campaign AND o.digest = :digest AND o.finding = f.key
  LEFT JOIN members m ON m.id = o.member_id ORDER BY f.at, f.key""")


@dataclass(frozen=True, slots=True)
class Found:
    """A stored finding by its ``key``. ``can_pass``: a warning; what blocks passes never, what only informs need not."""

    key: str
    value: dict[str, Any]
    can_pass: bool
    override: int | None = None
    passed_by: str = ""
    reason: str = ""
    passed_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        """A warning that nobody has let pass."""
        return self.can_pass and self.override is None


def found_in(campaign: Campaign) -> list[Found]:
    """Everything the machine found in what the campaign says now, of all its checks, each once."""
    rows = db.session.execute(FOUND, {"campaign": campaign.id, "digest": campaign.digest})
    return [
        Found(row.key, row.value, row.value["severity"] == "warn", row.id, row.name or "", row.reason or "", row.passed_at)
        for row in rows
    ]


def let_pass(actor: Actor, campaign_id: int, keys: Collection[str] | None, reason: str) -> int:
    """Let these warnings pass (None: every open one) for a reason; how many. Never the author; never what blocks."""
    actor.need("approve")
    with transaction() as session:
        campaign = campaign_for(campaign_id, lock=True)
        _check(actor, campaign, reason)
        chosen = [one for one in found_in(campaign) if (one.is_open if keys is None else one.key in keys)]
        if keys is not None and (len(chosen) < len(set(keys)) or not all(one.can_pass for one in chosen)):
            message = ("只有提醒可以放行，必须改正的不能", "only a warning can be let pass, never what must be mended")
            raise Conflict("not_passable", message, ("退回给作者修改", "send it back to its author"))
        for one in chosen:
            if one.is_open:
                session.add(_override(actor, campaign, one.key, reason.strip()))
                audit.note(
                    actor, "review.pass", str(campaign.id), rule=one.value["rule"], where=one.value["where"], reason=reason
                )
        return sum(one.is_open for one in chosen)


def _override(actor: Actor, campaign: Campaign, key: str, reason: str) -> Override:
    return Override(campaign_id=campaign.id, digest=campaign.digest, finding=key, member_id=actor.member_id, reason=reason)


def _check(actor: Actor, campaign: Campaign, reason: str) -> None:
    if not reason.strip():
        message, remedy = (
            ("请写明放行理由", "write why it may pass"),
            ("例如证书编号、合同条款", "such as a certificate's number"),
        )
        raise Invalid("reason", message, remedy, "reason")
    if wrote(actor, campaign):
        message = ("作者不能放行自己活动的提醒", "the author lets no warning of their own campaign pass")
        raise Forbidden(message, ("请审核人来放行", "a reviewer does"))
    if campaign.state != "awaiting_approval":
        raise Conflict("not_waiting", ("此活动现在不在等待审批", "this campaign is not waiting for approval"))
