"""The rule book as pages: packs and their rules on a day, what the agency changed and why, in which trades clients are."""

from __future__ import annotations

from datetime import date

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from saas.accounts.service import list_clients
from saas.channels.passage import TRADES
from saas.delivery.replaying import replay
from saas.kernel.errors import Invalid
from saas.review.rulebook.overrides import Wish, lift, list_overrides, override, set_trades, today, trades_of
from saas.review.rulebook.packs import KIND_WORDS, pack_named, packs, rules_of
from saas.web.console.gate import actor, signed_in
from saas.web.console.language import t
from saas.web.console.pages import console, page


@console.get("/rules")
@signed_in
def rules() -> ResponseReturnValue:
    """Every pack, the agency's changes, and the trades of its clients."""
    changes = list_overrides(actor())
    clients = [(client, trades_of(client)) for client in list_clients(actor())]
    groups = [(kind, [pack for pack in packs() if pack.kind == kind]) for kind in ("compliance", "channel", "folder")]
    return page("rules.html", groups=groups, kinds=KIND_WORDS, changes=changes, clients=clients, trades=TRADES)


@console.get("/rules/<name>")
@signed_in
def rule_pack(name: str) -> ResponseReturnValue:
    """The rules of a pack on a day."""
    actor().need("see_accounts")
    pack, day = pack_named(name), _day(request.args.get("on", "")) or today()
    changes = {one.rule: one for one in list_overrides(actor()) if one.in_force and one.pack == name}
    everything = rules_of(pack)
    return page(
        "rule_pack.html", pack=pack, day=day, today=today(), changes=changes, kinds=KIND_WORDS,
        rules=[rule for rule in everything if rule.in_force(day)], others=[rule for rule in everything if not rule.in_force(day)],
    )  # fmt: skip


@console.post("/rules/override")
@signed_in
def change_rule() -> ResponseReturnValue:
    """Change one rule for the agency, with a reason."""
    form = request.form
    wish = Wish(
        form.get("pack", ""), form.get("rule", ""), form.get("reason", ""), _number(form.get("amount", "")),
        form.get("severity") or None, _day(form.get("until", "")),
    )  # fmt: skip
    override(actor(), wish)
    flash(t("规则已调整，从现在起的每次检查都会注明。", "The rule is changed; every check from now on says so."))
    return redirect(url_for("console.rule_pack", name=wish.pack), 303)


@console.post("/rules/<int:override_id>/lift")
@signed_in
def lift_rule(override_id: int) -> ResponseReturnValue:
    """Let the pack's own rule hold again."""
    done = lift(actor(), override_id)
    flash(t("已恢复 {rule} 的原规则。", "{rule} is as its pack has it.", rule=done.rule))
    return redirect(url_for("console.rules"), 303)


@console.post("/rules/trades")
@signed_in
def client_trades() -> ResponseReturnValue:
    """Say in which trades a client is."""
    set_trades(actor(), request.form.get("client", ""), request.form.getlist("trade"))
    flash(t("行业已保存，下一次检查起生效。", "The trades are kept; they act from the next check on."))
    return redirect(url_for("console.rules"), 303)


@console.get("/campaigns/<int:campaign_id>/replay")
@signed_in
def replayed(campaign_id: int) -> ResponseReturnValue:
    """A campaign's texts under the rules of its own check, and what today's would say otherwise."""
    return page("replay.html", found=replay(actor(), campaign_id))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text.strip() else None
    except ValueError:
        words = (f"“{text[:20]}”不是日期", f"'{text[:20]}' is not a date")
        raise Invalid("bad_date", words, ("例如 2026-11-22", "such as 2026-11-22"), "on") from None


def _number(text: str) -> int | None:
    try:
        return int(text) if text.strip() else None
    except ValueError:
        raise Invalid("bad_amount", ("请写一个整数", "write a whole number"), ("例如 64", "such as 64"), "amount") from None
