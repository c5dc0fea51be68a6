"""Alerts as pages: what is open and was, silencing it, the rules, and where robots and webhooks are."""

from __future__ import annotations

from dataclasses import replace

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from saas.accounts.service import list_clients
from saas.kernel.errors import Invalid, NotFound, Problem
from saas.kernel.settings import settings
from saas.reports.alerts import client_rules, ruling, service
from saas.reports.alerts.carriers import Said
from saas.reports.alerts.client_rules import FOR_CLIENTS, Wish
from saas.reports.alerts.kinds import KINDS, STAFF, Rule
from saas.tenants.service import list_members
from saas.tenants.views import MemberView
from saas.web.console.gate import actor, signed_in
from saas.web.console.language import t
from saas.web.console.pages import console, page


@console.get("/alerts")
@signed_in
def alerts() -> ResponseReturnValue:
    """What is open; with ``closed`` what was in the last seven days."""
    kind, closed = request.args.get("kind", ""), "closed" in request.args
    found = service.list_alerts(actor(), kind if kind in KINDS else None, closed)
    silences = service.list_silences(actor())
    return page(
        "alerts/list.html", found=found, silences=silences, kinds=KINDS, kind=kind, closed=closed,
        present={one.kind for one in found},
    )  # fmt: skip


@console.post("/alerts/silences")
@signed_in
def silence_alerts() -> ResponseReturnValue:
    """Silence a kind, one subject, or everything, for some hours."""
    actor().need("send")
    form = request.form
    service.silence(
        actor(), _number(form.get("hours", ""), "hours"), form.get("reason", ""), form.get("kind", ""), form.get("subject", "")
    )
    flash(t("已静音。告警仍列在这里，只是不再通知。", "Silenced. It stays listed here; nobody is told."))
    return redirect(url_for("console.alerts"), 303)


@console.post("/alerts/silences/<int:silence_id>/end")
@signed_in
def end_silence(silence_id: int) -> ResponseReturnValue:
    """Let it be heard of again."""
    service.end_silence(actor(), silence_id)
    flash(t("已取消静音，仍未解决的会通知。", "No longer silenced; what is still open is told."))
    return redirect(url_for("console.alerts"), 303)


@console.get("/alerts/rules")
@signed_in
def alert_rules() -> ResponseReturnValue:
    """Every kind with its rule, and the destinations."""
    return _rules()


@console.post("/alerts/rules/<kind>")
@signed_in
def save_alert_rule(kind: str) -> ResponseReturnValue:
    """Change a rule."""
    actor().need("manage_rules")
    try:
        ruling.save_rule(actor(), kind, _wished(ruling.rule_for(actor(), kind)))
    except Invalid as fault:
        return _rules(fault)
    flash(t("规则已保存。", "The rule is saved."))
    return redirect(url_for("console.alert_rules") + f"#{kind}", 303)


@console.post("/alerts/client-rules")
@signed_in
def add_client_rule() -> ResponseReturnValue:
    """A rule for one client."""
    actor().need("manage_rules")
    try:
        client_rules.add_client_rule(actor(), _rule_of_client())
    except (Invalid, NotFound) as fault:
        return _rules(fault)
    flash(t("客户规则已添加。", "The client's rule is added."))
    return redirect(url_for("console.alert_rules") + "#client-rules", 303)


@console.post("/alerts/client-rules/<int:rule_id>/end")
@signed_in
def end_client_rule(rule_id: int) -> ResponseReturnValue:
    """It is looked for no more."""
    client_rules.end_client_rule(actor(), rule_id)
    flash(t("客户规则已停用。", "The client's rule is ended."))
    return redirect(url_for("console.alert_rules") + "#client-rules", 303)


@console.post("/alerts/destinations")
@signed_in
def add_destination() -> ResponseReturnValue:
    """A robot or a webhook more; what signs is shown this once."""
    kind, name, address, secret, locale = (request.form.get(n, "") for n in ("kind", "name", "address", "secret", "locale"))
    try:
        named_only = "named_only" in request.form
        made, secret = ruling.add_destination(actor(), kind, name, address, secret, locale or "zh", named_only)
    except Invalid as fault:
        return _rules(fault)
    return _rules(secret=secret if made.kind == "webhook" else "", made=made.name)


@console.post("/alerts/destinations/<int:destination_id>/remove")
@signed_in
def remove_destination(destination_id: int) -> ResponseReturnValue:
    """Nothing goes there any more."""
    ruling.remove_destination(actor(), destination_id)
    flash(t("已删除。", "Removed."))
    return redirect(url_for("console.alert_rules"), 303)


@console.post("/alerts/test")
@signed_in
def try_alert() -> ResponseReturnValue:
    """Send a trial message: to a destination, or to one's own e-mail."""
    wished = request.form.get("destination", "")
    try:
        said = ruling.try_destination(actor(), int(_number(wished, "destination")) if wished else None)
    except Invalid as fault:
        return _rules(fault)
    tone, words = _told(said)
    flash(words, tone)
    return redirect(url_for("console.alert_rules"), 303)


def _rules(fault: Problem | None = None, secret: str = "", made: str = "") -> ResponseReturnValue:
    may = actor().may("manage_rules")
    return page(
        "alerts/rules.html", fault.status if fault else 200, rules=ruling.list_rules(actor()), fault=fault, secret=secret,
        made=made, destinations=ruling.list_destinations(actor()), quiet_words=ruling.quiet_words, staff=STAFF,
        mail=bool(settings().smtp), client_rules=client_rules.list_client_rules(actor()), kinds_for_clients=FOR_CLIENTS,
        clients=list_clients(actor()) if may else [], members=_staff() if may else [],
    )  # fmt: skip


def _staff() -> list[MemberView]:
    return [one for one in list_members(actor()) if not one.disabled and one.client_id is None]


def _wished(before: Rule) -> Rule:
    """The rule of the form; all destinations ticked means all, also those to come."""
    form = request.form
    listed = ruling.list_destinations(actor())
    for_all, named = {one.id for one in listed if not one.named_only}, {one.id for one in listed if one.named_only}
    ticked = {int(one) for one in form.getlist("destination") if one.isdecimal()}
    return replace(
        before,
        is_on="is_on" in form,
        threshold=_number(form.get("threshold", "") or str(before.threshold), "threshold"),
        roles=tuple(form.getlist("role")),
        destinations=None if for_all <= ticked and not named & ticked else tuple(sorted(ticked)),
        quiet=ruling.read_quiet(form.get("quiet", "")),
        window=int(_number(form.get("window", "") or str(before.window), "window")),
        tell_end="tell_end" in form,
    )


def _rule_of_client() -> Wish:
    form = request.form
    window, threshold = form.get("window", ""), form.get("threshold", "")
    return Wish(
        form.get("kind", ""),
        int(_number(form.get("client", ""), "client_id")),
        form.get("accounts", "").replace(",", " ").replace("，", " ").split(),
        [int(one) for one in form.getlist("member") if one.isdecimal()],
        [int(one) for one in form.getlist("destination") if one.isdecimal()],
        _number(threshold, "threshold") if threshold else None,
        form.get("quiet"),
        int(_number(window, "window")) if window else None,
        "tell_end" in form,
        "instead" in form,
    )


def _number(value: str, field: str) -> float:
    try:
        return float(value)
    except ValueError:
        raise Invalid(
            "bad_number", (f"“{value[:20]}”不是数字", f"'{value[:20]}' is not a number"), ("例如 4", "such as 4"), field
        ) from None


def _told(said: Said) -> tuple[str, str]:
    if said.word == "told":
        return "message", t("测试消息已送出。", "The trial message is out.")
    if said.word == "perhaps":
        return "warn", t("没有收到答复，消息可能已到：请在群里看一看。", "No answer: it may have arrived, look there.")
    return "bad", t("没有送出：{fault}", "It did not go out: {fault}", fault=said.fault or "—")
