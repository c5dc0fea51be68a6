"""What a client's person who came by a one-time link says of the text. It decides nothing; it is counted and noted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from saas.campaigns.approving import campaign_for
from saas.campaigns.commenting import Place, new_answer, new_thread, thread_for_client
from saas.campaigns.links import NO_LINK, Guest, guest, refuse_closed
from saas.kernel import clock
from saas.kernel.database import transaction
from saas.kernel.errors import Conflict, TooMany
from saas.review.models import Comment, ReviewLink
from saas.tenants import audit

HOURLY = 20
MOST = 200
"""How many comments a link carries in an hour, and in its life."""


def remark_by_link(link_id: int, body: str, place: Place | None = None, thread_id: int | None = None) -> int:
    """Begin a thread on the link's campaign, or answer in one the client sees; the comment's id.

    In the scope of the link's tenant. Conflict when the link is over, TooMany, Invalid, NotFound.
    """
    with transaction() as session:
        if session.get(ReviewLink, link_id, with_for_update=True, populate_existing=True) is None:
            raise NO_LINK
        who = guest(link_id)
        refuse_closed(who)
        _count(session, who)
        campaign = campaign_for(who.campaign)
        if thread_id is None:
            line = new_thread(campaign, body, place or Place(), True, who.client_id)
        else:
            line = new_answer(thread_for_client(campaign, thread_id, who.client_id), body)
        line.link_id, line.person = who.link, who.person
        session.add(line)
        session.flush()
        audit.note(None, "review.comment_by_link", str(line.campaign_id), comment=line.id, link=who.link, person=who.person)
        return line.id


def _count(session: Any, who: Guest) -> None:
    """The link's row is locked, so that two at once count each other."""
    now = clock.now()
    of_link = select(func.count(), func.min(Comment.at)).where(Comment.link_id == who.link)
    said, _ = session.execute(of_link).one()
    recent, oldest = session.execute(of_link.where(Comment.at > now - timedelta(hours=1))).one()
    if said >= MOST:
        message = (f"一个链接最多留 {MOST} 条意见", f"a link carries at most {MOST} comments")
        raise Conflict("link_full", message, ("请直接联系代运营", "speak to your agency"))
    if recent >= HOURLY:
        raise TooMany(max(1, int((oldest + timedelta(hours=1) - now).total_seconds())))
