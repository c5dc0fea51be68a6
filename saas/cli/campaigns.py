"""What is done with a planned campaign: ``report``, ``approve``, ``reject``, ``release``, ``cancel``."""

from __future__ import annotations

import click

from saas.campaigns.approving import campaign_for, reject
from saas.campaigns.reviewing import whose_turn
from saas.cli.context import acting, stack
from saas.cli.following import follow
from saas.cli.saying import NOT_ALL, both, give_json, say, table
from saas.cli.sending import AS, JSON, TENANT
from saas.cli.showing import CAMPAIGN_STATES, exit_code, reached, show
from saas.cli.stopping import say_tally
from saas.delivery.release import approve, cancel, release
from saas.reports.listing import list_campaigns
from saas.reports.service import campaign_report

CAMPAIGN = click.argument("campaign", type=int)


@click.command("report")
@CAMPAIGN
@JSON
@AS
@TENANT
def report_of(campaign: int, as_json: bool, email: str | None, tenant: str | None) -> None:
    """The report of a campaign."""
    with stack(), acting(email, "editor", tenant) as actor:
        report = campaign_report(actor, campaign)
    if as_json:
        give_json(report.to_json())
    else:
        show(report, as_json=False)


@click.command("approve")
@CAMPAIGN
@click.option("--as", "email", metavar="EMAIL", required=True, help="the second person")
@click.option("--note", default="", help="a word to the record")
@click.option("--no-send", is_flag=True, help="approve only; somebody releases it later")
@JSON
@TENANT
def approve_one(campaign: int, email: str, note: str, no_send: bool, as_json: bool, tenant: str | None) -> int:
    """Sign the stage whose turn it is; the last word lets the campaign go at its time."""
    with stack(), acting(email, "reviewer", tenant) as actor:
        gone = approve(actor, campaign, campaign_for(campaign).digest, note, go=not no_send)
        if names := whose_turn(campaign):
            say(
                f"活动 {campaign} 已由 {actor.email} 签字，接着等{names[0]}",
                f"{actor.email} signed campaign {campaign}; next: {names[1]}",
            )
            show(campaign_report(actor, campaign), as_json)
            return 0 if no_send else NOT_ALL
        say(f"活动 {campaign} 已由 {actor.email} 审批", f"campaign {campaign} is approved by {actor.email}")
        if no_send:
            return 0
        if not gone:
            release(actor, campaign)
        report = follow(actor, campaign, people=False, patience=90)
        show(report, as_json)
        return exit_code(report)


@click.command("reject")
@CAMPAIGN
@click.option("--as", "email", metavar="EMAIL", required=True, help="the second person")
@click.option("--note", required=True, help="why")
@TENANT
def reject_one(campaign: int, email: str, note: str, tenant: str | None) -> None:
    """Send a campaign back to its author."""
    with stack(), acting(email, "reviewer", tenant) as actor:
        reject(actor, campaign, campaign_for(campaign).digest, note)


@click.command("release")
@CAMPAIGN
@JSON
@AS
@TENANT
def release_one(campaign: int, as_json: bool, email: str | None, tenant: str | None) -> int:
    """Send an approved campaign."""
    with stack(), acting(email, "editor", tenant) as actor:
        release(actor, campaign)
        report = follow(actor, campaign, people=False, patience=90)
        show(report, as_json)
        return exit_code(report)


@click.command("cancel")
@CAMPAIGN
@AS
@TENANT
def cancel_one(campaign: int, email: str | None, tenant: str | None) -> None:
    """Stop what has not gone out; what is out stays counted."""
    with stack(), acting(email, "editor", tenant) as actor:
        say_tally(cancel(actor, campaign))
        show(campaign_report(actor, campaign), as_json=False)


@click.group("campaigns")
def campaigns() -> None:
    """Campaigns of the agency."""


@campaigns.command("list")
@JSON
@AS
@TENANT
def list_all(as_json: bool, email: str | None, tenant: str | None) -> None:
    """The newest fifty."""
    with stack(), acting(email, "editor", tenant) as actor:
        rows = list_campaigns(actor)
    if as_json:
        names = ("id", "name", "kind", "state", "totals", "totals_by_unit")
        give_json([{name: getattr(row, name) for name in names} for row in rows])
        return
    header = ("id", both("名称", "name"), both("状态", "state"), both("账号", "accounts"), both("送达", "delivered"))
    click.echo(
        table(
            header,
            [
                (r.id, r.name, both(CAMPAIGN_STATES.get(r.state, r.state), r.state), r.accounts, reached(r.totals_by_unit))
                for r in rows
            ],
        )
    )
