"""``experiments``: campaigns marked as variants of one experiment, and what came of it."""

from __future__ import annotations

from dataclasses import asdict

import click

from saas.cli.context import acting, stack
from saas.cli.saying import both, give_json, locale, say, table
from saas.cli.sending import AS, JSON, TENANT
from saas.reports.definitions import DEFINITIONS
from saas.reports.evidence.extract import client_of
from saas.reports.experiments import service
from saas.reports.experiments.result import Experiment
from saas.reports.exports.words import NONE, percent


@click.group("experiments")
def experiments() -> None:
    """A/B: variants of a message, compared by a stated test."""


@experiments.command("list")
@JSON
@AS
@TENANT
def list_all(as_json: bool, email: str | None, tenant: str | None) -> None:
    """Every experiment as it stands now."""
    with stack(), acting(email, "editor", tenant) as actor:
        found = service.list_experiments(actor)
    if as_json:
        give_json([asdict(one) for one in found])
        return
    for one in found:
        _show(one)


@experiments.command("set-up")
@click.argument("client")
@click.argument("campaigns", type=int, nargs=-1, required=True)
@click.option("--name", required=True, metavar="TEXT", help="what it is called")
@click.option("--hypothesis", required=True, metavar="TEXT", help="what is expected, and why")
@click.option("--figure", default="open", type=click.Choice(service.JUDGED_BY), help="the rate it is judged by")
@JSON
@AS
@TENANT
def set_up(
    client: str,
    campaigns: tuple[int, ...],
    name: str,
    hypothesis: str,
    figure: str,
    as_json: bool,
    email: str | None,
    tenant: str | None,
) -> None:
    """Mark campaigns of a client, in this order, as variants A, B, …"""
    with stack(), acting(email, "editor", tenant) as actor:
        made = service.set_up(actor, client_of(actor, client) or 0, name, hypothesis, figure, campaigns)
    give_json(asdict(made)) if as_json else _show(made)


@experiments.command("withdraw")
@click.argument("experiment", type=int)
@click.option("--reason", required=True, metavar="TEXT", help="why it is not reported any more")
@AS
@TENANT
def withdraw(experiment: int, reason: str, email: str | None, tenant: str | None) -> None:
    """Report an experiment no more; the audit log keeps that it was."""
    with stack(), acting(email, "editor", tenant) as actor:
        service.withdraw(actor, experiment, reason)
    say("已撤下", "withdrawn")


def _show(one: Experiment) -> None:
    side = 1 if locale() == "en" else 0
    click.echo(f"#{one.id} {one.name} · {one.client}\n{one.hypothesis}\n{one.conclusion[side]}")
    for words in one.caveats:
        click.echo(f"· {words[side]}")
    rows = [
        (
            v.label,
            f"#{v.campaign} {v.name}",
            NONE if v.base is None else v.base,
            NONE if v.top is None else v.top,
            percent(v.rate),
        )
        for v in one.variants
    ]
    title = DEFINITIONS[one.figure].title[side]
    click.echo(
        table(
            (both("组", "variant"), both("活动", "campaign"), both("多少人里", "out of"), both("多少人", "people"), title), rows
        )
    )
