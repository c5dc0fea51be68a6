"""``review …``, ``revise``, ``signoff``, ``amend``: what people do before a campaign goes out, and record afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from saas.campaigns.amending import amend
from saas.campaigns.approving import campaign_for
from saas.campaigns.commenting import Place, comment, resolve, threads
from saas.campaigns.flows import client_named, delegate, list_flows, save_flow
from saas.campaigns.links import make_link
from saas.campaigns.passing import let_pass
from saas.campaigns.to_sign import list_reviews, remind
from saas.campaigns.versions import changes_of
from saas.cli.campaigns import CAMPAIGN
from saas.cli.context import acting, stack
from saas.cli.held_stages import HELD
from saas.cli.reviews_shown import show_changes, show_flows, show_review, show_reviews, show_threads
from saas.cli.saying import both, give_json, say
from saas.cli.sending import AS, FOLDER, JSON, TENANT
from saas.delivery.planning import prepare_campaign
from saas.kernel.settings import settings
from saas.reports.reviewing import review as review_of
from saas.reports.signoff import sign_off
from saas.review.stages import KINDS, StageRule

SIGNER = click.option("--as", "email", metavar="EMAIL", required=True, help="the member who acts")


@click.group("review")
def review() -> None:
    """Who signs what, and what is said of it."""


for _command in HELD:
    review.add_command(_command)


@review.command("list")
@click.option("--mine", is_flag=True, help="only what waits for the member who acts")
@JSON
@AS
@TENANT
def list_all(mine: bool, as_json: bool, email: str | None, tenant: str | None) -> None:
    """Every stage whose turn it is, the most urgent first."""
    with stack(), acting(email, "reviewer", tenant) as actor:
        show_reviews(list_reviews(actor, mine), as_json)


@review.command("show")
@CAMPAIGN
@JSON
@AS
@TENANT
def show_one(campaign: int, as_json: bool, email: str | None, tenant: str | None) -> None:
    """The stages of a campaign, its findings, and who may sign."""
    with stack(), acting(email, "reviewer", tenant) as actor:
        show_review(review_of(actor, campaign), as_json)


@review.command("changes")
@CAMPAIGN
@click.option("--since", type=int, metavar="CAMPAIGN", help="the version to compare with")
@JSON
@AS
@TENANT
def changes(campaign: int, since: int | None, as_json: bool, email: str | None, tenant: str | None) -> None:
    """What changed since the last version that was signed."""
    with stack(), acting(email, "reviewer", tenant) as actor:
        show_changes(changes_of(actor, campaign, since), as_json)


@review.command("pass")
@CAMPAIGN
@click.option("--reason", required=True, help="why they may pass")
@click.option("--finding", "keys", multiple=True, metavar="KEY", help="only this one; repeatable")
@SIGNER
@TENANT
def pass_findings(campaign: int, reason: str, keys: Sequence[str], email: str, tenant: str | None) -> None:
    """Let warnings pass with a reason."""
    with stack(), acting(email, "reviewer", tenant) as actor:
        count = let_pass(actor, campaign, keys or None, reason)
    say(f"已放行 {count} 条", f"{count} passed")


@review.command("remind")
@CAMPAIGN
@AS
@TENANT
def remind_signers(campaign: int, email: str | None, tenant: str | None) -> None:
    """Remind those whose turn it is."""
    with stack(), acting(email, "editor", tenant) as actor:
        remind(actor, campaign)
    say("已记录提醒", "the reminder is recorded")


@review.command("comment")
@CAMPAIGN
@click.argument("body")
@click.option("--account", default="", metavar="KEY", help="whose text it is about")
@click.option("--part", default="text", show_default=True, help="which part of it, such as article.0.body")
@click.option("--quote", default="", help="the words it is about")
@click.option("--for-client", is_flag=True, help="the client sees it")
@AS
@TENANT
def add_comment(
    campaign: int, body: str, account: str, part: str, quote: str, for_client: bool, email: str | None, tenant: str | None
) -> None:
    """Say something of a campaign, or of a place in its text."""
    with stack(), acting(email, "reviewer", tenant) as actor:
        number = comment(actor, campaign, body, Place(account, part, quote), for_client)
    say(f"批注 {number}", f"comment {number}")


@review.command("comments")
@CAMPAIGN
@JSON
@AS
@TENANT
def list_comments(campaign: int, as_json: bool, email: str | None, tenant: str | None) -> None:
    """Every thread, where it stands now."""
    with stack(), acting(email, "reviewer", tenant) as actor:
        show_threads(threads(actor, campaign), as_json)


@review.command("resolve")
@click.argument("comment", type=int)
@click.option("--reopen", is_flag=True, help="open it again")
@AS
@TENANT
def resolve_one(comment: int, reopen: bool, email: str | None, tenant: str | None) -> None:
    """Settle a thread."""
    with stack(), acting(email, "editor", tenant) as actor:
        resolve(actor, comment, not reopen)


@review.command("link")
@CAMPAIGN
@click.option("--for", "person", required=True, metavar="NAME", help="whom it is for")
@click.option("--hours", default=72, show_default=True, type=click.IntRange(1, 720), help="how long it lives")
@click.option("--client", metavar="NAME", help="the client, where several approve")
@SIGNER
@TENANT
def link(campaign: int, person: str, hours: int, client: str | None, email: str, tenant: str | None) -> None:
    """Make a one-time link for the client; it is shown this once."""
    with stack() as running, acting(email, "reviewer", tenant) as actor:
        secret = make_link(actor, campaign, person, hours, client)
        click.echo(f"{(running.base_url or settings().base_url).rstrip('/')}/r/{secret}")


@review.command("flow")
@click.option("--client", default="", metavar="NAME", help="whose flow; the agency's own where none is named")
@click.option("--stages", metavar="LIST", help="such as first,second=24,client=48: kinds with hours; none: the agency's")
@click.option("--same-people", is_flag=True, help="one person may sign several stages")
@click.option("--no-reasons", is_flag=True, help="warnings pass without a reason")
@JSON
@AS
@TENANT
def flow(
    client: str, stages: str | None, same_people: bool, no_reasons: bool, as_json: bool, email: str | None, tenant: str | None
) -> None:
    """Show the flows, or write one."""
    with stack(), acting(email, "owner", tenant) as actor:
        if stages is not None:
            save_flow(actor, client_named(client), _rules(stages), not same_people, not no_reasons)
        show_flows(list_flows(actor), as_json)


def _rules(stages: str) -> list[StageRule]:
    if stages == "none":
        return []
    parts = [part.strip().partition("=") for part in stages.split(",") if part.strip()]
    unknown = [kind for kind, _, _ in parts if kind not in KINDS]
    if unknown or any(hours and not hours.isdecimal() for _, _, hours in parts):
        zh = f"--stages 写成 first=24,final=24,client=48；可选 {', '.join(KINDS)}"
        raise click.UsageError(both(zh, f"Write --stages as first=24,final=24,client=48, of {', '.join(KINDS)}."))
    return [StageRule.from_json({"kind": kind, "hours": hours or 24}) for kind, _, hours in parts]


@review.command("delegate")
@click.option("--to", "substitute", required=True, metavar="EMAIL", help="who signs instead")
@click.option("--days", default=7, show_default=True, type=click.IntRange(1, 90), help="for how long, from now")
@click.option("--reason", default="", help="why")
@SIGNER
@TENANT
def delegate_to(substitute: str, days: int, reason: str, email: str, tenant: str | None) -> None:
    """Name who signs in one's name while one is away."""
    with stack(), acting(email, "reviewer", tenant) as actor:
        now = datetime.now(UTC)
        delegate(actor, substitute, now, now + timedelta(days=days), reason)
    say(f"{substitute} 代签 {days} 天", f"{substitute} signs for {days} days")


@click.command("revise")
@CAMPAIGN
@FOLDER
@JSON
@AS
@TENANT
def revise(campaign: int, folder: Path, as_json: bool, email: str | None, tenant: str | None) -> None:
    """Put a new version in the place of a campaign that has not gone out; every signature is void."""
    with stack(), acting(email, "editor", tenant) as actor:
        fresh = prepare_campaign(actor, folder, revises=campaign)
        found = changes_of(actor, fresh)
        if as_json:
            give_json({"campaign": fresh, "changes": asdict(found) if found else None})
            return
        say(f"活动 {fresh} 取代 {campaign}，重新审核", f"campaign {fresh} takes the place of {campaign}; the review begins anew")
        show_changes(found, as_json=False)


@click.command("signoff")
@CAMPAIGN
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="where to write it")
@AS
@TENANT
def signoff(campaign: int, out: Path | None, email: str | None, tenant: str | None) -> None:
    """Write the sign-off sheet of a campaign as a PDF."""
    with stack(), acting(email, "reviewer", tenant) as actor:
        campaign_for(campaign)
        sheet = sign_off(actor, campaign)
    place = out or Path(sheet.name)
    place.write_bytes(sheet.content)
    click.echo(str(place))


@click.command("amend")
@CAMPAIGN
@click.option("--account", required=True, metavar="KEY", help="on which account")
@click.option("--title", metavar="TEXT", help="the title that stands there now")
@click.option("--cover", metavar="TEXT", help="the cover that stands there now, in words")
@click.option("--article", default=1, show_default=True, type=click.IntRange(1, 20), help="which article")
@click.option("--evidence", required=True, help="how you know")
@AS
@TENANT
def amend_one(
    campaign: int, account: str, title: str | None, cover: str | None, article: int, evidence: str, email: str | None,
    tenant: str | None,
) -> None:  # fmt: skip
    """Record a title or cover that was changed in the platform's console; what was sent stays."""
    if (title is None) == (cover is None):
        raise click.UsageError(both("--title 和 --cover 写一个，且只写一个", "Give --title or --cover, and only one of them."))
    with stack(), acting(email, "editor", tenant) as actor:
        amend(actor, campaign, account, "title" if title else "cover", title or cover or "", evidence, article=article)
    say("已记录；发出的版本保持原样", "recorded; what was sent stays as it was sent")
