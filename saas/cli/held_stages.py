"""``review hold`` and what belongs to it: stages that are decided in a platform's own approval, such as WeCom's 审批."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import click

from saas.campaigns.approving import campaign_for
from saas.campaigns.flows import client_named
from saas.campaigns.holding import ApplicationView, applications_of, apply_again, take_back
from saas.channels.approval import SAYS, ApprovalForm
from saas.cli.campaigns import CAMPAIGN
from saas.cli.context import acting, stack
from saas.cli.saying import both, clock_time, give_json, say, table
from saas.cli.sending import AS, JSON, TENANT
from saas.delivery.approvals.setting import (
    SAYS_WORDS,
    form_of,
    hold,
    let_go,
    list_holds,
    list_people,
    name_person,
    proposed,
)
from saas.review.stages import KINDS

ACCOUNT = click.option("--account", required=True, metavar="KEY", help="the account in whose approval it is decided")


def _side() -> int:
    return 0 if both("zh", "en") == "zh" else 1


@click.command("holds")
@JSON
@AS
@TENANT
def holds(as_json: bool, email: str | None, tenant: str | None) -> None:
    """Which stages are held in a platform's approval, for whom, by which template."""
    with stack(), acting(email, "admin", tenant) as actor:
        found = list_holds(actor)
    if as_json:
        give_json([asdict(one) for one in found])
        return
    header = (
        both("客户", "client"), both("审核级", "stage"), both("账号", "account"), both("模板", "template"),
        both("申请人", "applicant"), both("自己的流程", "own flow"),
    )  # fmt: skip
    here = both("在这里签", "signed here")
    rows = [
        (one.client, one.kind, one.account or here, one.template, one.applicant, "✓" if one.own_flow else "") for one in found
    ]
    click.echo(table(header, rows))


@click.command("form")
@ACCOUNT
@click.option("--template", required=True, metavar="ID", help="the template's number on the platform")
@JSON
@AS
@TENANT
def form(account: str, template: str, as_json: bool, email: str | None, tenant: str | None) -> None:
    """The controls of a template, asked from the platform now, and what would stand in which."""
    with stack(), acting(email, "admin", tenant) as actor:
        found = form_of(actor, account, template)
    places = proposed(found)
    if as_json:
        give_json({**asdict(found), "proposed": places})
        return
    click.echo(found.name)
    header = (
        both("控件", "control"),
        both("名称", "title"),
        both("类型", "takes"),
        both("必填", "required"),
        both("放什么", "holds"),
    )
    click.echo(table(header, _controls(found, places)))


def _controls(found: ApprovalForm, places: dict[str, str]) -> list[tuple[str, ...]]:
    return [
        (
            one.id,
            one.title,
            one.form,
            "✓" if one.required else "",
            SAYS_WORDS[places[one.id]][_side()] if one.id in places else "",
        )
        for one in found.controls
    ]


@click.command("hold")
@click.option("--stage", "kind", required=True, type=click.Choice(list(KINDS)), help="which stage")
@click.option("--client", default="", metavar="NAME", help="whose; the agency's without")
@click.option("--account", default="", metavar="KEY", help="the account in whose approval it is decided")
@click.option("--template", default="", metavar="ID", help="the template's number on the platform")
@click.option("--applicant", default="", metavar="USERID", help="in whose name it is submitted there")
@click.option("--place", "places", multiple=True, metavar="CONTROL=WHAT", help=f"what stands in a control: {', '.join(SAYS)}")
@click.option("--own-flow", is_flag=True, help="the template's own approvers decide")
@click.option("--end", is_flag=True, help="sign the stage here again")
@AS
@TENANT
def hold_stage(
    kind: str, client: str, account: str, template: str, applicant: str, places: Sequence[str], own_flow: bool, end: bool,
    email: str | None, tenant: str | None,
) -> None:  # fmt: skip
    """Hold a stage of campaigns that begin from now on in a platform's approval, or sign it here again."""
    if end == bool(account and template):
        raise click.UsageError(both("写 --account 和 --template，或只写 --end", "Give --account and --template, or --end alone."))
    with stack(), acting(email, "admin", tenant) as actor:
        whose = client_named(client)
        if end:
            let_go(actor, whose, kind)
            say("以后的活动在这里签", "campaigns from now on are signed here")
            return
        placed = _places(places) or proposed(form_of(actor, account, template))
        hold(actor, whose, kind, account, template, placed, applicant, own_flow)
    shown = [f"{control} = {SAYS_WORDS[said][_side()]}" for control, said in placed.items()]
    say(f"以后的活动在平台审批：{'，'.join(shown)}", f"campaigns from now on are decided there: {', '.join(shown)}")


def _places(given: Sequence[str]) -> dict[str, str]:
    pairs = [one.partition("=") for one in given]
    if bad := next((control for control, _, said in pairs if not control or said not in SAYS), None):
        zh, en = (
            f"--place 写成 控件=内容，内容可选 {', '.join(SAYS)}：{bad}",
            f"Write --place as CONTROL=WHAT, of {', '.join(SAYS)}: {bad}",
        )
        raise click.UsageError(both(zh, en))
    return {control: said for control, _, said in pairs}


@click.command("people")
@click.option("--account", default="", metavar="KEY", help="with --member and --person: on whose platform")
@click.option("--member", default="", metavar="EMAIL", help="whom to name")
@click.option("--person", metavar="USERID", help="what that member is called there; empty forgets it")
@JSON
@AS
@TENANT
def people(account: str, member: str, person: str | None, as_json: bool, email: str | None, tenant: str | None) -> None:
    """Who is who on the platforms of accounts, or name a member there."""
    if bool(account) != bool(member) or bool(member) != (person is not None):
        raise click.UsageError(both("--account、--member、--person 一起写", "Give --account, --member and --person together."))
    with stack(), acting(email, "admin", tenant) as actor:
        if person is not None:
            name_person(actor, account, member, person)
        found = list_people(actor)
    if as_json:
        give_json([asdict(one) for one in found])
        return
    header = (both("账号", "account"), both("成员", "member"), both("邮箱", "e-mail"), both("平台账号", "there"))
    click.echo(table(header, [(one.account, one.member, one.email, one.person) for one in found]))


@click.command("applications")
@CAMPAIGN
@click.option("--again", type=int, metavar="NUMBER", help="ask the platform anew after one that came to nothing")
@click.option("--take-back", "back", type=int, metavar="NUMBER", help="sign the stage here instead")
@click.option("--reason", default="", metavar="TEXT", help="with --take-back: why")
@JSON
@AS
@TENANT
def applications(
    campaign: int, again: int | None, back: int | None, reason: str, as_json: bool, email: str | None, tenant: str | None
) -> None:
    """Every application of a campaign to a platform's approval, the newest first, and what became of it."""
    with stack(), acting(email, "admin", tenant) as actor:
        if again is not None:
            apply_again(actor, campaign, again)
        if back is not None:
            take_back(actor, campaign, back, reason)
        found = applications_of(actor, campaign_for(campaign))
    if as_json:
        give_json([asdict(one) for one in found])
        return
    _show(found)


def _show(found: Sequence[ApplicationView]) -> None:
    header = (
        both("编号", "number"), both("审核级", "stage"), both("账号", "account"), both("状态", "state"),
        both("审批单号", "there"), both("等谁", "waits for"), both("提交", "asked"), both("原因", "why"),
    )  # fmt: skip
    rows = [
        (
            one.id, one.kind, one.account, one.words[_side()], one.approval, ", ".join(one.people),
            clock_time(one.made_at), one.reason[_side()],
        )
        for one in found
    ]  # fmt: skip
    click.echo(table(header, rows))


HELD = (holds, form, hold_stage, people, applications)
