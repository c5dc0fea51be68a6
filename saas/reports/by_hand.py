"""Numbers that a person read somewhere and enters: marked as such, kept with who and why, never over what a platform tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select, text

from saas.accounts.models import Account
from saas.campaigns.approving import campaign_for
from saas.delivery.models import Dispatch
from saas.kernel import clock
from saas.kernel.database import db, transaction
from saas.kernel.errors import Conflict, Invalid, NotFound, Words
from saas.reports.definitions import DEFINITIONS, OF_DAYS, OF_FIGURES
from saas.tenants import audit
from saas.tenants.actor import Actor

BY_HAND = tuple(name for name in OF_FIGURES if "hand" in DEFINITIONS[name].sources)
READERS = "opened_all"
OF_READERS = ("shared", "liked", "recommended", "collected")
"""People, each article's added up. Comments are no people, and readers come from shares too."""
MOST, OLDEST, SHOWN = 1_000_000_000, timedelta(days=400), 31
NOW = "SELECT name FROM figures_now WHERE dispatch_id = :id AND name = ANY (:names) AND source <> 'hand'"
ENTERED = "SELECT name, value, source FROM figures_now WHERE dispatch_id = :id"
REVISION = """
  INSERT INTO figures (dispatch_id, name, revision, value, source)
  SELECT :id, :name, coalesce(max(revision), 0) + 1, :value, 'hand' FROM figures WHERE dispatch_id = :id AND name = :name
  HAVING coalesce((array_agg(value ORDER BY revision DESC))[1], -1) <> :value"""
TOLD = "SELECT name FROM account_days WHERE account_id = :id AND day = :day AND name = ANY (:names) AND source = 'statistics'"
DAY = """
  INSERT INTO account_days AS d (account_id, day, name, source, value) VALUES (:id, :day, :name, 'hand', :value)
  ON CONFLICT (account_id, day, name, source) DO UPDATE SET value = excluded.value, as_of = now()
    WHERE d.value <> excluded.value"""
DAYS = """
  SELECT day, name, source, value, as_of FROM account_days WHERE account_id = :id AND day BETWEEN :first AND :last
  ORDER BY day, name, array_position(ARRAY['hand', 'callback', 'statistics'], source)"""


@dataclass(frozen=True, slots=True)
class Known:
    """A number of a day, from the best source there is."""

    value: int
    source: str
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Day:
    """A day of an account; what is not known is not there, which is not zero."""

    day: date
    figures: Mapping[str, Known]


@dataclass(frozen=True, slots=True)
class DaysOfAccount:
    """An account's days, the newest first; ``zone`` is the account's. ``fault``: why its platform told nothing the last time."""

    account: str
    name: str
    zone: str
    days: list[Day]
    known_until: date | None
    asks_at: datetime | None
    fault: str


def days_of(actor: Actor, key: str) -> DaysOfAccount:
    """The last month of an account, day by day, gaps included. NotFound; Forbidden for a client's user."""
    actor.need("see_accounts")
    account = _account(key)
    today = clock.now().astimezone(ZoneInfo(account.zone)).date()
    first = today - timedelta(days=SHOWN - 1)
    found: dict[date, dict[str, Known]] = {first + timedelta(days=n): {} for n in range(SHOWN)}
    for row in db.session.execute(text(DAYS), {"id": account.id, "first": first, "last": today}):
        found[row.day][row.name] = Known(row.value, row.source, row.as_of)
    query = text("SELECT known_until, asks_at, fault FROM account_statistics WHERE account_id = :id")
    asked = db.session.execute(query, {"id": account.id}).one()
    days = [Day(day, figures) for day, figures in sorted(found.items(), reverse=True)]
    return DaysOfAccount(account.key, account.name, account.zone, days, asked.known_until, asked.asks_at, asked.fault)


def enter_day(actor: Actor, key: str, day: date, values: Mapping[str, int], reason: str) -> None:
    """What an account gained, lost or was told on a day. Invalid; NotFound; Conflict where its platform tells it."""
    actor.need("write")
    account = _account(key)
    today = clock.now().astimezone(ZoneInfo(account.zone)).date()
    if not today - OLDEST <= day <= today:
        words = ("日期须在今天以前，且不早于 400 天", "the day must not lie ahead, nor more than 400 days back")
        raise Invalid("day_out_of_range", words, ("请更正日期", "correct the day"), "day")
    _checked(values, OF_DAYS, reason)
    with transaction():
        told = db.session.scalars(text(TOLD), {"id": account.id, "day": day, "names": list(values)}).all()
        _untold(told)
        for name, value in values.items():
            db.session.execute(text(DAY), {"id": account.id, "day": day, "name": name, "value": value})
        audit.note(actor, "figures.enter", account.key, day=str(day), reason=reason, **values)


def enter_figures(actor: Actor, campaign_id: int, key: str, values: Mapping[str, int], reason: str) -> None:
    """Reading figures of a campaign on an account. Invalid; NotFound; Conflict where its platform tells them, or none is out."""
    actor.need("write")
    campaign_for(campaign_id)
    account = _account(key)
    sent = select(Dispatch).where(Dispatch.campaign_id == campaign_id, Dispatch.account_id == account.id)
    dispatch = db.session.scalar(sent)
    if dispatch is None:
        raise NotFound(("账号", "account"), key)
    _checked(values, BY_HAND, reason)
    if not dispatch.accepted and not dispatch.delivered:
        raise Conflict(
            "nothing_out", ("还没有发出，没有数字可登记", "nothing of it is out yet"), ("发出后再登记", "enter it afterwards")
        )
    _believable(dispatch, values)
    with transaction():
        _untold(db.session.scalars(text(NOW), {"id": dispatch.id, "names": list(values)}).all())
        for name, value in values.items():
            db.session.execute(text(REVISION), {"id": dispatch.id, "name": name, "value": value})
        audit.note(actor, "figures.enter", str(campaign_id), account=account.key, reason=reason, **values)


def _believable(dispatch: Dispatch, values: Mapping[str, int]) -> None:
    """No more can have opened it than got it; nor shared or liked it, each article, than got it or, where more did, read it."""
    got, whom = _reached(dispatch)
    rows = {row.name: row for row in db.session.execute(text(ENTERED), {"id": dispatch.id})}
    told = {name: row.value for name, row in rows.items()} | dict(values)
    to_hold = dict(values)
    if READERS in values:  # fewer readers than before hold what was entered then
        to_hold |= {name: value for name, value in told.items() if name in values or rows[name].source == "hand"}
    if to_hold.get("opened", 0) > got:
        raise _beyond("opened", got, whom, 1, ("请更正数字", "correct the number"))
    readers = int(told.get(READERS, 0))
    most, base = (readers, DEFINITIONS[READERS].title) if readers > got else (got, whom)
    articles = len(dispatch.message.get("articles") or ()) or 1
    for name in (name for name in OF_READERS if dispatch.unit == "person" and to_hold.get(name, 0) > most * articles):
        remedy = ("请更正数字；如果转发后读的人更多，把阅读人数也登记上", "correct the number, or enter the readers too")
        raise _beyond(name, most, base, articles, remedy)


def _reached(dispatch: Dispatch) -> tuple[int, Words]:
    """How many can have got it: those it was delivered to, and those of whom nothing is known yet; and what they are called."""
    most = dispatch.intended - dispatch.failed - dispatch.skipped
    if most <= dispatch.delivered:
        return dispatch.delivered, DEFINITIONS["delivered"].title
    return most, ("目标人数（不含失败和跳过）", "people it was meant for, less failed and skipped")


def _beyond(name: str, most: int, whom: Words, articles: int, remedy: Words) -> Invalid:
    title = DEFINITIONS[name].title
    each = (f" × {articles} 篇", f" × {articles} articles") if articles > 1 else ("", "")
    words = (f"“{title[0]}”不能多于{whom[0]} {most:,}{each[0]}", f"'{title[1]}' cannot be more than {whom[1]}: {most:,}{each[1]}")
    return Invalid("out_of_range", words, remedy, name)


def _account(key: str) -> Account:
    account = db.session.scalar(select(Account).where(Account.key == key))
    if account is None:
        raise NotFound(("账号", "account"), key)
    return account


def _checked(values: Mapping[str, int], allowed: tuple[str, ...], reason: str) -> None:
    if not reason.strip():
        message, remedy = (
            ("请写明数字从哪里来", "say where the number comes from"),
            ("例如：后台截图", "e.g. a screenshot of the console"),
        )
        raise Invalid("reason_missing", message, remedy, "reason")
    if not values:
        raise Invalid("figures_missing", ("没有填数字", "no number is given"), _named(allowed), "figures")
    for name, value in values.items():
        if name not in allowed:
            raise Invalid("figure_unknown", (f"没有“{name}”这个指标", f"there is no figure '{name}'"), _named(allowed), name)
        if not 0 <= value <= MOST:
            words = ("须为 0 到 10 亿的整数", "it must be a whole number from 0 to 1,000,000,000")
            raise Invalid("out_of_range", words, ("请更正数字", "correct the number"), name)


def _named(allowed: tuple[str, ...]) -> Words:
    names = ", ".join(allowed)
    return f"可以登记：{names}", f"these can be entered: {names}"


def _untold(names: Sequence[str]) -> None:
    if names:
        zh, en = ("、".join(DEFINITIONS[n].title[0] for n in names), ", ".join(DEFINITIONS[n].title[1] for n in names))
        message = (f"平台已经给出：{zh}", f"the platform tells it: {en}")
        raise Conflict(
            "platform_tells", message, ("平台的数字优先，不必登记", "its number stands; nothing to enter"), figures=names
        )
