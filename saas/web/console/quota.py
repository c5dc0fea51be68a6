"""One account's caps: where each unit went, and what a person adds that was sent elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from saas.channels.rules import Window
from saas.delivery.quota_explain import CapExplained, QuotaExplained, explain
from saas.delivery.quota_external import External, enter, import_external
from saas.kernel import clock
from saas.kernel.errors import Invalid, Problem, Words
from saas.reports.sheet import finding_of
from saas.web.console.gate import actor, signed_in
from saas.web.console.language import t
from saas.web.console.pages import console, page
from saas.web.console.shape import Segment, segments

WINDOWS: dict[str, Words] = {
    "minute": ("每分钟", "Each minute"),
    "hour": ("每小时", "Each hour"),
    "day": ("每天", "Each day"),
    "week": ("每周", "Each week"),
    "month": ("每月", "Each month"),
}
SOURCES: dict[str, Words] = {
    "hand": ("人工登记", "entered by hand"),
    "import": ("CSV 导入", "imported"),
    "platform": ("平台告知", "told by the platform"),
}


@dataclass(frozen=True, slots=True)
class RuleShown:
    """A rule of the account: its one line when it counts for the account, else a line for each recipient or group."""

    first: CapExplained
    lines: list[CapExplained]
    subjects: int


@console.get("/accounts/<key>/quota")
@signed_in
def account_quota(key: str) -> ResponseReturnValue:
    """The account's caps, explained."""
    return _page(key)


@console.post("/accounts/<key>/quota")
@signed_in
def enter_external(key: str) -> ResponseReturnValue:
    """Count what was sent elsewhere."""
    actor().need("manage_accounts")
    try:
        enter(actor(), key, _entry())
    except Invalid as fault:
        return _page(key, fault)
    flash(t("已登记，剩余额度随之更新。", "Noted; what is left follows."))
    return redirect(url_for("console.account_quota", key=key), 303)


@console.post("/accounts/quota")
@signed_in
def import_externals() -> ResponseReturnValue:
    """Count what a CSV lists, for any of the accounts; its faults, all of them, when it has any."""
    actor().need("manage_accounts")
    upload = request.files.get("list")
    name = (upload.filename if upload else "") or "quota.csv"
    try:
        result = import_external(actor(), upload.read() if upload else b"", name)
    except Invalid as fault:
        findings = [finding_of(found) for found in fault.detail.get("findings", [])]
        return page("campaigns/findings.html", fault.status, findings=findings, name=name, fault=fault)
    flash(t("登记 {n} 行，{k} 行以前登记过。", "{n} lines noted, {k} known already.", n=result.noted, k=result.known))
    return redirect(url_for("console.accounts"), 303)


def _page(key: str, fault: Problem | None = None) -> ResponseReturnValue:
    found = explain(actor(), key)
    here = clock.now().astimezone(ZoneInfo(found.zone))
    shown = {"date": f"{here:%Y-%m-%d}", "time": f"{here:%H:%M}", "units": "1", **request.form.to_dict()}
    return page(
        "quota.html", fault.status if fault else 200, found=found, rules=_rules(found), shown=shown, fault=fault, shares=shares,
        span_of=span_of, windows=WINDOWS, sources=SOURCES,
    )  # fmt: skip


def _rules(found: QuotaExplained) -> list[RuleShown]:
    names = list(dict.fromkeys(cap.rule for cap in found.caps))
    return [_rule([cap for cap in found.caps if cap.rule == name], found.subjects.get(name, 0)) for name in names]


def _rule(lines: Sequence[CapExplained], subjects: int) -> RuleShown:
    return RuleShown(lines[0], list(lines), subjects)


def shares(cap: CapExplained) -> list[Segment]:
    """The parts of a cap's bar: used, reserved, sent elsewhere, left."""
    whole = max(cap.amount, cap.used + cap.reserved + cap.external)
    counts = {"intended": whole, "delivered": cap.used, "in_progress": cap.reserved, "unknown": cap.external, "planned": cap.left}
    return segments(counts)


def span_of(name: str) -> float:
    """Seconds of a rolling window."""
    length = Window(name).rolling
    return length.total_seconds() if length else 0.0


def _entry() -> External:
    form = request.form
    units = form.get("units", "").strip()
    if not units.removeprefix("-").isdecimal() or len(units) > 8:
        raise Invalid("bad_units", ("数量须为整数", "the units must be a whole number"), ("例如 1", "such as 1"), "units")
    try:
        at = datetime.fromisoformat(f"{form.get('date', '')}T{form.get('time', '')}")
    except ValueError as fault:
        words = ("请填写日期和时间", "give a date and a time")
        raise Invalid("bad_time", words, ("按账号所在的时区", "in the account's zone"), "at") from fault
    return External(form.get("rule", ""), int(units), at, form.get("reason", "").strip(), form.get("target", "").strip())
