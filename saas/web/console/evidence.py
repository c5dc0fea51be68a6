"""Evidence of a campaign as a download from its report."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from saas.reports.evidence.extract import Wanted
from saas.web import downloads
from saas.web.console.gate import actor, signed_in
from saas.web.console.pages import console


@console.get("/campaigns/<int:campaign_id>/evidence")
@signed_in
def campaign_evidence(campaign_id: int) -> ResponseReturnValue:
    """The extract of a campaign; a client's user gets its own part."""
    return downloads.evidence(actor(), Wanted(campaign_id, client=actor().client_id))
