"""How reviews look in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from zoneinfo import ZoneInfo

import click

from saas.campaigns.commenting import Thread
from saas.campaigns.to_sign import ToSign
from saas.campaigns.versions import Changes
from saas.cli.saying import both, give_json, table
from saas.reports.reviewing import Review
from saas.review.changes import PartChange
from saas.review.stages import KINDS, Flow

ZONE = ZoneInfo("Asia/Shanghai")


def show_reviews(rows: Sequence[ToSign], as_json: bool) -> None:
    """Stages whose turn it is."""
    if as_json:
        give_json([asdict(row) for row in rows])
        return
    header = ("id", both("活动", "campaign"), both("轮到", "turn"), both("等谁", "who"), both("期限", "due"), "")
    lines = [
        (
            row.campaign,
            row.name,
            both(*KINDS[row.kind]),
            row.client or row.people,
            f"{row.due_at.astimezone(ZONE):%m-%d %H:%M}",
            both("超期", "overdue") if row.overdue else both("轮到你", "yours") if row.mine else "",
        )
        for row in rows
    ]
    click.echo(table(header, lines))


def show_review(found: Review, as_json: bool) -> None:
    """The stages of a campaign and its findings."""
    if as_json:
        give_json(asdict(found))
        return
    click.echo(f"{found.campaign}  {found.name}  v{found.version}  {found.author}  {found.digest[:12]}")
    for stage in found.stages:
        mark = "✓" if stage.standing.signed_at else "→" if stage.standing.open else "·"
        who = "; ".join(f"{word.name} {word.decision} {word.at.astimezone(ZONE):%m-%d %H:%M}" for word in stage.given)
        click.echo(f"{mark} {both(*stage.words)} {stage.standing.client}  {who or '/'.join(stage.signers)}")
    for one in found.found:
        state = both("已放行", "passed") if one.override else one.value["severity"]
        click.echo(f"  {state}  {one.key[:8]}  {one.value['where']}  {both(*one.value['message'])}  {one.reason}")


def show_changes(found: Changes | None, as_json: bool) -> None:
    """What changed, with - and + as in a patch."""
    if as_json:
        give_json(asdict(found) if found else None)
        return
    if found is None:
        click.echo(both("这是第一版", "this is the first version"))
        return
    for field in found.fields:
        click.echo(f"{both(*field.words)}: {field.before} → {field.after}")
    for person in found.people:
        click.echo(f"{person.account}: {person.before:,} → {person.after:,}")
    for change in found.accounts:
        click.echo(f"[{change.state}] {', '.join(change.accounts)}")
        for part in change.parts:
            _show_part(part)


def _show_part(part: PartChange) -> None:
    click.echo(f"  {both(*part.words)}")
    for line in part.lines:
        if line.kind == "gap":
            click.echo(f"    … {line.count}")
            continue
        words = "".join({"out": "[-{}-]", "in": "{{+{}+}}"}.get(p.kind, "{}").format(p.text) for p in line.pieces)
        click.echo(f"    {words}")


def show_threads(found: Sequence[Thread], as_json: bool) -> None:
    """Comments, one thread after the other."""
    if as_json:
        give_json([asdict(thread) for thread in found])
        return
    for thread in found:
        state = both("已处理", "settled") if thread.resolved_at else both("已脱离原文", "detached") if thread.detached else ""
        click.echo(f"{thread.id}  {thread.account}  “{thread.place.quote}”  {state}")
        for said in thread.said:
            click.echo(f"    {said.author}: {said.body}")


def show_flows(flows: Sequence[tuple[str, Flow]], as_json: bool) -> None:
    """The flow of the agency and of each client."""
    if as_json:
        give_json([{"client": name, **asdict(flow)} for name, flow in flows])
        return
    header = (both("客户", "client"), both("各级", "stages"), both("不同的人", "distinct"), both("写理由", "reasons"))
    yes = both("是", "yes")
    rows = [
        (
            name or both("机构", "agency"),
            " → ".join(f"{both(*KINDS[rule.kind])} {rule.hours}h" for rule in flow.stages) or both("按机构", "as the agency"),
            yes if flow.distinct_people else "",
            yes if flow.reasons else "",
        )
        for name, flow in flows
    ]
    click.echo(table(header, rows))
