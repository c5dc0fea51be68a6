"""``tenants``: the agencies of this installation, for whoever runs it."""

from __future__ import annotations

from dataclasses import asdict

import click

from saas.cli.context import database, stack
from saas.cli.saying import both, give_json, say, table
from saas.cli.sending import JSON
from saas.tenants.weighing import list_weights, set_weight


@click.group("tenants")
def tenants() -> None:
    """Agencies, and how much of the workers' time each gets."""


@tenants.command("list")
@JSON
def list_all(as_json: bool) -> None:
    """Every agency with its weight."""
    with stack(), database():
        found = list_weights()
    if as_json:
        give_json([asdict(one) for one in found])
        return
    header = ("", both("名称", "name"), both("权重", "weight"))
    click.echo(table(header, [(one.slug, one.name, one.weight) for one in found]))


@tenants.command("weight")
@click.argument("slug")
@click.argument("weight", type=int)
def weigh(slug: str, weight: int) -> None:
    """Give an agency so many turns in a row while others wait."""
    with stack(), database():
        set_weight(slug, weight)
    say(f"“{slug}”的权重现在是 {weight}", f"the weight of '{slug}' is {weight} now")
