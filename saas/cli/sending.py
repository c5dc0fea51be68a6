"""``send`` and ``check``: a campaign folder in, what became of it out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import click

from saas.campaigns.approving import approve, campaign_for
from saas.campaigns.holding import held_now
from saas.campaigns.passing import let_pass
from saas.campaigns.reviewing import Turn, open_warnings_before, standing_of, turn_of, whose_turn
from saas.channels.platform import Finding
from saas.cli.context import acting, demo_signers, stack
from saas.cli.following import follow
from saas.cli.saying import BAD_INPUT, NOT_ALL, both, give_json, say, show_findings
from saas.cli.showing import exit_code, show
from saas.delivery.foreseen import RULES
from saas.delivery.planning import check_folder, prepare_campaign
from saas.delivery.release import ask_to_send, release
from saas.reports.forecast import forecast
from saas.reports.service import campaign_report
from saas.reports.sheet import campaign_findings
from saas.review.stages import KINDS
from saas.tenants.actor import Actor

FOLDER = click.argument("folder", type=click.Path(exists=True, path_type=Path))
AS = click.option("--as", "email", metavar="EMAIL", help="the member who acts")
TENANT = click.option("--tenant", metavar="SLUG", help="the agency, where there are several")
JSON = click.option("--json", "as_json", is_flag=True, help="one JSON object on stdout")


@click.command("send")
@FOLDER
@click.option("--dry-run", is_flag=True, help="say what would happen; store and send nothing")
@click.option("--wait", "people", is_flag=True, help="also wait for people who must act")
@click.option(
    "--patience", type=click.FloatRange(min=0), default=90.0, show_default=True,
    help="give up when nothing has moved for so many seconds",
)  # fmt: skip
@JSON
@AS
@TENANT
def send(folder: Path, dry_run: bool, people: bool, patience: float, as_json: bool, email: str | None, tenant: str | None) -> int:
    """Check a campaign folder, plan it, have it approved, send it, and show what became of it."""
    with stack(), acting(email, "editor", tenant) as actor:
        if dry_run:
            report, told = forecast(actor, folder)
            _show_told(told)
            show(report, as_json)
            return 0 if all(account.state == "planned" for account in report.accounts) else NOT_ALL
        campaign = prepare_campaign(actor, folder)
        _show_told(finding for finding in campaign_findings(campaign) if finding.rule in RULES)
        if not _approved(campaign):
            ask_to_send(actor, campaign)
            _say_waiting(campaign)
            show(campaign_report(actor, campaign), as_json)
            return NOT_ALL
        release(actor, campaign)
        report = follow(actor, campaign, people, patience)
        show(report, as_json)
        return exit_code(report)


def _show_told(told: Iterable[Finding]) -> None:
    """What platforms told, or did not tell, when they were asked for the plan."""
    show_findings(asdict(finding) for finding in told)


def _approved(campaign: int) -> bool:
    """In the demo agency its seeded members sign every stage they may, and we say so; anywhere else others must."""
    signers = demo_signers()
    while signers and (names := whose_turn(campaign)):
        signer = next((one for one in signers if _may_sign(one, campaign)), None)
        if signer is None:
            return False
        _let_pass(signer, campaign)
        approve(signer, campaign, campaign_for(campaign).digest, "demo")
        say(
            f"演示机构：{names[0]}由 {signer.email} 代为审批",
            f"demo agency: the {names[1]} is approved in the name of {signer.email}",
        )
    return bool(signers)


def _may_sign(signer: Actor, campaign: int) -> bool:
    """Whether it is the signer's turn, and the stage is none that a platform's own approval decides."""
    turn = turn_of(signer, campaign_for(campaign))
    return isinstance(turn, Turn) and turn.stage not in held_now(campaign_for(campaign))


def _let_pass(signer: Actor, campaign: int) -> None:
    """Where the flow asks for reasons, the demo gives one for each warning."""
    turn = turn_of(signer, campaign_for(campaign))
    if isinstance(turn, Turn) and open_warnings_before(campaign_for(campaign), turn.stage):
        let_pass(signer, campaign, None, "demo")


def _say_waiting(campaign: int) -> None:
    """That it is stored, whom it waits for, and by what it goes on."""
    standing, held = standing_of(campaign_for(campaign)), held_now(campaign_for(campaign))
    there = [KINDS[stage.kind] for stage in standing if stage.open and stage.stage in held]
    if there:
        zh, en = "、".join(words[0] for words in there), ", ".join(words[1] for words in there)
        say(
            f"活动 {campaign} 已保存，等{zh}在平台自己的审批（企业微信审批）中通过，通过后自动发送："
            f"review applications {campaign} 查看申请；未写过它的管理员可加 --take-back 编号 --reason 原因 改在这里签",
            f"campaign {campaign} is stored and waits for the {en} in the platform's own approval (WeCom's), then it is sent:"
            f" review applications {campaign} shows it; an admin who has not written it adds --take-back NUMBER --reason TEXT"
            " to sign it here",
        )
    if not there or any(stage.open and stage.stage not in held for stage in standing):
        say(
            f"活动 {campaign} 等待审批：approve {campaign} --as 审核人邮箱，或在控制台审批",
            f"campaign {campaign} waits for approval: approve {campaign} --as REVIEWER, or on its page",
        )


@click.command("check")
@FOLDER
@JSON
@AS
@TENANT
def check(folder: Path, as_json: bool, email: str | None, tenant: str | None) -> int:
    """List everything the machine finds in a campaign folder; nothing is stored."""
    with stack(), acting(email, "editor", tenant) as actor:
        findings = check_folder(actor, folder)
    blocked = any(finding.severity == "block" for finding in findings)
    if as_json:
        give_json({"blocked": blocked, "findings": [asdict(finding) for finding in findings]})
    else:
        show_findings(asdict(finding) for finding in findings)
        blocks = sum(finding.severity == "block" for finding in findings)
        click.echo(both(f"{blocks} 处必须改正，共 {len(findings)} 条", f"{blocks} to mend, {len(findings)} findings in all"))
    return BAD_INPUT if blocked else 0
