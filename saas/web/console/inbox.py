"""The inbox, and the rules by which accounts answer by themselves. Made for a phone as well."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from saas.accounts.channels import registry
from saas.accounts.service import AccountView, list_accounts, list_clients
from saas.delivery.inbound.reading import (
    LONGEST,
    SHORTEST,
    Wanted,
    count_entries,
    keep_days,
    kept_days,
    list_entries,
    mark_all_read,
)
from saas.delivery.inbound.rules import decide_rule, list_rules, remove_rule, turn_rule, write_rule
from saas.delivery.inbound.wishes import MATCHING, OCCASIONS, RuleWish
from saas.delivery.listening.showing import list_gaps, list_lines
from saas.kernel.errors import Invalid, Problem
from saas.web.console import inbox_words as words
from saas.web.console.gate import actor, signed_in
from saas.web.console.language import t
from saas.web.console.pages import console, page
from saas.web.locale import say

A_PAGE, GAPS = 50, 5


@console.get("/inbox")
@signed_in
def inbox() -> ResponseReturnValue:
    """What people said and did, the newest first."""
    asked = request.args
    known = asked.get("kind", "") if asked.get("kind", "") in words.KINDS else ""
    wanted = Wanted(asked.get("client", ""), asked.get("account", ""), known, asked.get("unread") == "1")
    found = list_entries(actor(), wanted, _number(asked.get("before")), A_PAGE)
    accounts = list_accounts(actor())
    return page(
        "inbox/list.html", entries=found, wanted=wanted, total=count_entries(actor(), wanted), words=words, accounts=accounts,
        clients=list_clients(actor()), days=kept_days(), more=found[-1].id if len(found) == A_PAGE else None,
        bounds=(SHORTEST, LONGEST), lines=list_lines(actor()), gaps=list_gaps(actor(), GAPS),
    )  # fmt: skip


@console.post("/inbox/read")
@signed_in
def read_inbox() -> ResponseReturnValue:
    """Everything that is shown is read."""
    form = request.form
    wanted = Wanted(form.get("client", ""), form.get("account", ""), form.get("kind", ""), True)
    done = mark_all_read(actor(), wanted, _number(form.get("upto")) or 0)
    flash(t("{n} 条标为已读", "{n} are read", n=done))
    told = (wanted.client or None, wanted.account or None, wanted.kind or None)
    return redirect(url_for("console.inbox", client=told[0], account=told[1], kind=told[2]), 303)


@console.post("/inbox/days")
@signed_in
def inbox_days() -> ResponseReturnValue:
    """For how long what people wrote is kept."""
    actor().need("manage_accounts")
    days = keep_days(actor(), _number(request.form.get("days")) or 0)
    flash(t("消息保留 {n} 天，更早的会在一小时内删除", "kept for {n} days; older ones go within the hour", n=days))
    return redirect(url_for("console.inbox"), 303)


@console.get("/inbox/rules")
@signed_in
def inbox_answers() -> ResponseReturnValue:
    """The rules, by client; ``edit`` opens one in the form."""
    return _rules_page()


@console.post("/inbox/rules")
@signed_in
def write_inbox_answer() -> ResponseReturnValue:
    """A new rule, or one changed."""
    actor().need("write")
    form, rule = request.form, _number(request.form.get("rule"))
    try:
        made = write_rule(actor(), _wish(), rule)
    except Invalid as fault:
        return _rules_page(fault, form.to_dict() | {"rule": rule})
    warned = [finding for finding in made.findings if finding.severity == "warn"]
    if warned:
        flash(
            t(
                "已保存，另有 {n} 条提醒：{first}",
                "kept, with {n} warnings: {first}",
                n=len(warned),
                first=say(warned[0].message),
            ),
            "warn",
        )
    else:
        flash(t("规则已保存，等另一位成员批准后生效", "kept; it acts once another member has approved it"))
    return redirect(url_for("console.inbox_answers") + f"#r{made.id}", 303)


@console.post("/inbox/rules/<int:rule_id>")
@signed_in
def change_inbox_answer(rule_id: int) -> ResponseReturnValue:
    """A word on a rule, or turn it on, off, or remove it."""
    form = request.form
    doing = form.get("do", "")
    if doing in ("approve", "reject"):
        try:
            decide_rule(actor(), rule_id, form.get("digest", ""), doing == "approve", form.get("comment", ""))
        except Problem as fault:
            if fault.status != 409:
                raise
            flash(say(fault.message), "bad")
    elif doing in ("on", "off"):
        turn_rule(actor(), rule_id, doing == "on")
    else:
        remove_rule(actor(), rule_id)
    return redirect(url_for("console.inbox_answers") + f"#r{rule_id}", 303)


def _rules_page(fault: Invalid | None = None, form: dict[str, Any] | None = None) -> ResponseReturnValue:
    rules = list_rules(actor())
    edited = next((rule for rule in rules if rule.id == _number(request.args.get("edit"))), None)
    return page(
        "inbox/rules.html", 422 if fault else 200, rules=rules, edited=edited, fault=fault, form=form or {}, words=words,
        clients=list_clients(actor()), accounts=[one for one in list_accounts(actor()) if _answers(one)],
        occasions=OCCASIONS, matching=MATCHING,
    )  # fmt: skip


def _answers(account: AccountView) -> bool:
    kind = registry().kind(account.channel, account.kind)
    return bool(kind and kind.replying)


def _wish() -> RuleWish:
    form = request.form
    kind = form.get("says", "text")
    says: dict[str, Any] = {"kind": kind, **{name: form.get(name, "") for name in ("text", "title", "url", "description")}}
    if kind == "article":
        says = {"kind": kind, "campaign": _number(form.get("campaign"))}
    lines = form.get("words", "").replace("，", "\n").replace(",", "\n").splitlines()
    priority = _number(form.get("priority"))
    sort, _, name = form.get("place", "").partition(":")
    account = next((one for one in list_accounts(actor()) if sort == "account" and one.key == name), None)
    return RuleWish(
        account.client if account else name, form.get("name", ""), form.get("occasion", ""), says, account.key if account else "",
        form.get("matching", "contains"), tuple(lines),
        100 if priority is None else priority,
    )  # fmt: skip


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 18 else None
