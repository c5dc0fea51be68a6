"""The review of a campaign on one page: its stages and who signs them, what was found, what changed, what is said of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import text

from saas.campaigns.commenting import Thread, threads_of
from saas.campaigns.holding import ApplicationView, applications_of, held_now
from saas.campaigns.links import LinkView, links_of
from saas.campaigns.models import Campaign
from saas.campaigns.passing import Found, found_in
from saas.campaigns.reviewing import Turn, standing_of, turn_of
from saas.campaigns.to_sign import check_seen
from saas.campaigns.versions import Changes, Version, compare, spoken, versions
from saas.kernel import clock
from saas.kernel.database import db
from saas.kernel.errors import Words
from saas.review.changes import Spoken
from saas.review.stages import KINDS, Standing
from saas.review.texts import part_words, parts_of
from saas.tenants.actor import ROLE_WORDS, Actor
from saas.tenants.models import Member

SIGNERS = text("""
  SELECT s.stage, m.name FROM campaigns c CROSS JOIN LATERAL all_stages(c) s JOIN members m ON may_sign(s, m.id)
  WHERE c.id = :campaign AND NOT is_author(c, m.id) ORDER BY s.stage, m.name""")
GIVEN = text("""
  SELECT a.*, m.name, m.role, b.name AS behalf FROM approvals a
  LEFT JOIN members m ON m.id = a.member_id LEFT JOIN members b ON b.id = a.on_behalf_of
  WHERE a.campaign_id = :campaign AND a.digest = :digest ORDER BY a.id""")


@dataclass(frozen=True, slots=True)
class Word:
    """What somebody said of a stage. ``behalf``: in whose name; ``by_link``: a client's person without a login."""

    name: str
    role: Words
    decision: str
    note: str
    at: datetime
    behalf: str
    by_link: bool
    overrides: int


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage, who may sign it, and what they said."""

    standing: Standing
    words: Words
    signers: tuple[str, ...]
    overdue: bool
    given: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """What some accounts say alike, part by part: ``key`` names the first of them."""

    key: str
    accounts: tuple[str, ...]
    parts: Mapping[str, str]

    @property
    def named(self) -> list[tuple[str, Words, str]]:
        """Every part with what it is called."""
        return [(part, part_words(part), said) for part, said in self.parts.items()]


@dataclass(frozen=True, slots=True)
class Review:
    """Everything a person needs who signs. ``turn`` is what the actor would sign now, ``obstacle`` why they cannot.

    ``held``: the open stages that are decided in a platform's approval, by its ``applications``.
    """

    campaign: int
    name: str
    version: int
    author: str
    state: str
    digest: str
    due_at: datetime
    stages: list[Stage]
    turn: str
    obstacle: Words | None
    found: list[Found]
    changes: Changes | None
    versions: list[Version]
    threads: list[Thread]
    texts: list[Text]
    links: list[LinkView]
    applications: list[ApplicationView]
    held: list[int]


def review(actor: Actor, campaign_id: int, since: int | None = None) -> Review:
    """The review as the actor sees it; a client's user sees their brand's texts and what is meant for the client. NotFound."""
    actor.need("sign" if actor.client_id else "see_accounts")
    campaign = check_seen(actor, campaign_id)
    turn = turn_of(actor, campaign) if actor.may("sign") else _no_right(actor)
    mine = turn if isinstance(turn, Turn) and campaign.state == "awaiting_approval" else None
    stages = stages_of(campaign, actor.client_id)
    shown = {stage.standing.stage for stage in stages}
    return Review(
        campaign=campaign.id,
        name=campaign.name,
        version=campaign.version,
        author=_author(campaign),
        state=campaign.state,
        digest=campaign.digest,
        due_at=campaign.due_at,
        stages=stages,
        turn=mine.kind if mine else "",
        obstacle=None if isinstance(turn, Turn) else turn,
        found=[] if actor.client_id else found_in(campaign),
        changes=compare(campaign, since, actor.client_id),
        versions=versions(campaign),
        threads=threads_of(campaign, actor.client_id),
        texts=texts_of(spoken(campaign.id, actor.client_id)),
        links=[] if actor.client_id else links_of(actor, campaign.id),
        applications=applications_of(actor, campaign),
        held=[stage for stage in held_now(campaign) if stage in shown],
    )


def _no_right(actor: Actor) -> Words:
    zh, en = ROLE_WORDS[actor.role]
    return f"你的角色是“{zh}”，不能审批", f"your role is '{en}': it cannot approve"


def _author(campaign: Campaign) -> str:
    return db.session.get_one(Member, campaign.author_id).name


def stages_of(campaign: Campaign, client_id: int | None = None) -> list[Stage]:
    """Every stage with who may sign it and what was said of what the campaign says now.

    For a client no other client's stage, and no note of the agency's people.
    """
    signers: dict[int, list[str]] = defaultdict(list)
    for row in db.session.execute(SIGNERS, {"campaign": campaign.id}):
        signers[row.stage].append(row.name)
    given: dict[int, list[Word]] = defaultdict(list)
    for row in db.session.execute(GIVEN, {"campaign": campaign.id, "digest": campaign.digest}):
        given[row.stage or 1].append(_word(row))
    now = clock.now()
    return [
        Stage(one, KINDS[one.kind], tuple(signers[one.stage]), one.overdue(now), _told(given[one.stage], one, client_id))
        for one in standing_of(campaign)
        if client_id is None or one.client_id in (None, client_id)
    ]


def _told(given: Sequence[Word], stage: Standing, client_id: int | None) -> tuple[Word, ...]:
    """The words; what the agency's people noted with theirs is among themselves, as in the evidence."""
    inward = client_id is not None and stage.client_id != client_id
    return tuple(replace(word, note="") if inward else word for word in given)


def _word(row: Any) -> Word:
    role = ROLE_WORDS[row.role or "client_approver"]
    return Word(
        name=row.name or row.person,
        role=role,
        decision=row.decision,
        note=row.note,
        at=row.at,
        behalf=row.behalf or "",
        by_link=row.link_id is not None,
        overrides=len(row.overrides),
    )


def texts_of(said: Sequence[Spoken]) -> list[Text]:
    """What is said, each wording once, with the accounts that say it."""
    found: dict[tuple[tuple[str, str], ...], list[Spoken]] = {}
    for one in said:
        found.setdefault(tuple(parts_of(one.message).items()), []).append(one)
    return [Text(alike[0].key, tuple(one.name for one in alike), dict(parts)) for parts, alike in found.items()]
