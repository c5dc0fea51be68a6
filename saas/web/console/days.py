"""An account's days: what it gained, lost and was told, with the source of each number; gaps; and entering what is missing."""

from __future__ import annotations

from datetime import date

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from saas.kernel.errors import Invalid
from saas.reports.by_hand import days_of, enter_day
from saas.reports.definitions import DEFINITIONS, OF_DAYS, SOURCES
from saas.web.console.gate import actor, signed_in
from saas.web.console.language import t
from saas.web.console.pages import console, page


@console.get("/accounts/<key>/days")
@signed_in
def account_days(key: str) -> ResponseReturnValue:
    """The last month, day by day."""
    return _page(key, None, {})


@console.post("/accounts/<key>/days")
@signed_in
def enter_account_day(key: str) -> ResponseReturnValue:
    """Enter what is missing; what was written stays in the form when something is wrong with it."""
    actor().need("write")
    told = {name: request.form.get(name, "").strip() for name in ("day", "reason", *OF_DAYS)}
    try:
        values = {name: _number(name, told[name]) for name in OF_DAYS if told[name]}
        enter_day(actor(), key, _day(told["day"]), values, told["reason"])
    except Invalid as fault:
        return _page(key, fault, told)
    flash(t("已登记，报告中标为人工登记。", "Entered; reports mark it as entered by hand."))
    return redirect(url_for("console.account_days", key=key), 303)


def _page(key: str, fault: Invalid | None, told: dict[str, str]) -> ResponseReturnValue:
    names = {name: DEFINITIONS[name].title for name in OF_DAYS}
    return page(
        "days.html",
        fault.status if fault else 200,
        found=days_of(actor(), key),
        names=names,
        sources=SOURCES,
        fault=fault,
        told=told,
    )


def _number(name: str, written: str) -> int:
    plain = written.replace(",", "").replace("，", "")
    if not plain.isdecimal():
        words = ("请填整数", "write a whole number")
        raise Invalid("number_invalid", words, ("例如 128", "such as 128"), name)
    return int(plain)


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise Invalid("day_invalid", ("请选择日期", "choose a day"), ("例如 2026-11-22", "such as 2026-11-22"), "day") from None
