"""Which channels an agency has: a channel that is off is not there for it, however much it is installed.

Asked in one place, ``here``, by everything that begins something with a channel; the database asks itself once more before a
claim (``is_stopped``), so that a switch thrown meanwhile holds as fast as a stop. What is already out is still followed: its
progress, its numbers, taking it back.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from saas.accounts.channels import installed, registry
from saas.channels.registry import Installed
from saas.kernel.database import db
from saas.kernel.errors import Invalid
from saas.tenants import audit
from saas.tenants.actor import Actor

LOCK = text("SELECT pg_advisory_xact_lock(hashtextextended('stops', :tenant))")
SET = text("""INSERT INTO channel_switches (channel, is_on, member_id) VALUES (:channel, :is_on, :member)
  ON CONFLICT (tenant_id, channel)
  DO UPDATE SET is_on = excluded.is_on, member_id = excluded.member_id, at = clock_timestamp()""")


@dataclass(frozen=True, slots=True)
class Switch:
    """A channel and whether the agency in scope has it."""

    channel: str
    title: tuple[str, str]
    distribution: str
    on: bool
    accounts: int


def off() -> frozenset[str]:
    """The channels that the agency in scope does not have."""
    return frozenset(db.session.scalars(text("SELECT channel FROM channel_switches WHERE NOT is_on")))


def here(channel: str) -> Installed | None:
    """The channel, where it is installed and the agency in scope has it; else None."""
    return None if channel in off() else registry().get(channel)


def need_here(channel: str) -> Installed:
    """The same. Invalid says what to do."""
    found = installed(channel)
    if channel in off():
        zh, en = found.channel.title.zh, found.channel.title.en
        message = (f"渠道“{zh}”没有启用", f"the channel '{en}' is switched off")
        remedy = (f"管理员可在“渠道”页或用 channels on {channel} 启用", f"an admin switches it on: channels on {channel}")
        raise Invalid("channel_off", message, remedy, "channel")
    return found


def switches(actor: Actor) -> list[Switch]:
    """Every installed channel, whether it is on, and how many accounts the agency has on it."""
    actor.need("see_accounts")
    none = off()
    counts = {
        row.channel: row.n for row in db.session.execute(text("SELECT channel, count(*) AS n FROM accounts GROUP BY channel"))
    }
    return [
        Switch(
            one.channel.name,
            (one.channel.title.zh, one.channel.title.en),
            one.distribution,
            one.channel.name not in none,
            counts.get(one.channel.name, 0),
        )
        for one in registry().all()
    ]


def throw(actor: Actor, channel: str, on: bool) -> None:
    """Switch a channel on or off. In the running transaction; who does so wakes what waits (``delivery.switching``)."""
    db.session.execute(LOCK, {"tenant": actor.tenant_id})
    db.session.execute(SET, {"channel": channel, "is_on": on, "member": actor.member_id})
    audit.note(actor, "channels.on" if on else "channels.off", channel)


def begin() -> None:
    """What an agency begins with: every channel but those that say they begin off. In the running transaction."""
    for one in registry().all():
        if one.channel.begins_off:
            db.session.execute(SET, {"channel": one.channel.name, "is_on": False, "member": None})
