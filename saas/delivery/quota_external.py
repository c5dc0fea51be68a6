"""What was sent outside the product: entered by a person or imported from a list, and counted in every cap it belongs to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.exc import DataError, IntegrityError

from saas.accounts.models import Account
from saas.accounts.service import account_by_key
from saas.channels.rules import Cap
from saas.delivery.policy import window
from saas.delivery.quota import caps_of
from saas.delivery.quota_reading import MOST_UNITS, ExternalLine, fault_of_line, read_external
from saas.kernel import clock
from saas.kernel.database import db, transaction
from saas.kernel.errors import Invalid, Words, counted
from saas.tenants import audit
from saas.tenants.actor import Actor

MOST_WORDS = 500
OLDEST = timedelta(days=400)  # older than any window of any cap, and than any memory of what was sent
AHEAD = timedelta(minutes=5)  # a person's clock may be a little before ours
NOTE = text(
    "SELECT note_external(:account, CAST(:cap AS jsonb), :subject, :units, :source, :reason, :ref, CAST(:member AS bigint), :at)"
)


@dataclass(frozen=True, slots=True)
class External:
    """Units of one rule sent elsewhere. ``at`` without a zone is in the account's; ``target`` only for a recipient's cap."""

    rule: str
    units: int
    at: datetime
    reason: str
    target: str = ""


@dataclass(frozen=True, slots=True)
class ExternalImported:
    """How many lines were noted, and how many were known already."""

    noted: int
    known: int


def enter(actor: Actor, key: str, external: External) -> None:
    """Note what was sent elsewhere; negative units correct an earlier entry. Invalid, NotFound."""
    actor.need("manage_accounts")
    with transaction():
        account = account_by_key(key)
        external = in_zone(account, external)
        for fault in faults_of(account, external):
            raise fault
        _note(actor, account, external, "hand", None)
        audit.note(
            actor, "quota.enter", key, rule=external.rule, units=external.units, target=external.target,
            at=external.at.isoformat(), reason=external.reason,
        )  # fmt: skip


def import_external(actor: Actor, data: bytes, name: str = "quota.csv") -> ExternalImported:
    """Note every line of a CSV (account, rule, units, at, reason, and optionally target and ref). Invalid lists every fault;
    then nothing is stored. A line that was imported before is not noted again. ``name``: the file's, for its faults."""
    actor.need("manage_accounts")
    with transaction():
        lines, findings = read_external(data, _faults_in, name)
        if findings:
            raise _faulty(findings)
        accounts = {key: account_by_key(key) for key in sorted({line.account for line in lines})}
        noted = 0
        for line in sorted(lines, key=lambda one: (accounts[one.account].id, one.line)):
            account = accounts[line.account]
            try:
                noted += bool(_note(actor, account, in_zone(account, _external(line)), "import", line.ref))
            except Invalid as fault:
                raise _faulty([fault_of_line(fault, line, name)]) from fault
        audit.note(actor, "quota.import", noted=noted, known=len(lines) - noted, accounts=sorted(accounts))
    return ExternalImported(noted, len(lines) - noted)


def _faulty(findings: list[dict[str, Any]]) -> Invalid:
    words = (
        f"列表中有 {len(findings)} 处错误，没有登记任何内容",
        f"{counted(len(findings), 'fault')} in the list; nothing was noted",
    )
    return Invalid("bad_external", words, findings=findings)


def in_zone(account: Account, external: External) -> External:
    """The same, its time with a zone."""
    if external.at.tzinfo:
        return external
    at = external.at.replace(tzinfo=ZoneInfo(account.zone))
    return External(external.rule, external.units, at, external.reason, external.target)


def faults_of(account: Account, external: External) -> list[Invalid]:
    """Everything that is wrong with it, each with field and remedy."""
    untimely = _time_faults(external)
    found = [*_number_faults(external), *untimely]
    caps = caps_of(account, clock.now() if untimely else external.at)
    cap = next((cap for cap in caps if cap.name == external.rule), None)
    if cap is None:
        names = ", ".join(sorted(cap.name for cap in caps)) or "-"
        words = (f"账号“{account.key}”没有额度“{external.rule}”", f"the account '{account.key}' has no cap '{external.rule}'")
        return [*found, Invalid("no_such_cap", words, (f"可用：{names}", f"there are: {names}"), "rule")]
    return [*found, *_target_faults(cap, external)]


def _number_faults(external: External) -> list[Invalid]:
    found = []
    if not external.units or abs(external.units) > MOST_UNITS:
        words = ("数量须为整数，且不为 0", "the units must be a whole number other than 0")
        found.append(Invalid("bad_units", words, (f"最多 {MOST_UNITS:,}", f"at most {MOST_UNITS:,}"), "units"))
    if not external.reason.strip() or len(external.reason) > MOST_WORDS:
        words = ("请写明原因", "say why")
        remedy = (f"1 到 {MOST_WORDS} 个字，例如在哪里发送的", f"1 to {MOST_WORDS} characters, such as where it was sent")
        found.append(Invalid("bad_reason", words, remedy, "reason"))
    return found


def _time_faults(external: External) -> list[Invalid]:
    now = clock.now()
    if external.at > now + AHEAD:
        words = ("发送时间在将来", "the time lies in the future")
        return [Invalid("in_the_future", words, ("请填写已经发送的时间", "give the time at which it was sent"), "at")]
    if external.at < now - OLDEST:
        words = (f"发送时间早于 {OLDEST.days} 天前", f"the time lies more than {OLDEST.days} days back")
        remedy = ("请检查年份；更早的发送已不占用任何额度", "check the year; what was sent earlier counts in no cap any more")
        return [Invalid("too_long_ago", words, remedy, "at")]
    return []


def _target_faults(cap: Cap, external: External) -> list[Invalid]:
    if (cap.scope == "target") == bool(external.target):
        return []
    message, remedy = _target_words(cap.scope)
    return [Invalid("bad_target", message, remedy, "target")]


def _target_words(scope: str) -> tuple[Words, Words]:
    if scope == "target":
        return ("这项额度按接收者计算", "this cap counts for each recipient"), ("请写明接收者或群", "name the recipient or group")
    return ("这项额度按账号计算", "this cap counts for the account"), ("请不要写接收者", "leave the recipient out")


def _faults_in(line: ExternalLine) -> list[Invalid]:
    account = db.session.scalar(select(Account).where(Account.key == line.account))
    if account is None:
        words = (f"没有账号“{line.account}”", f"no account '{line.account}'")
        return [Invalid("no_such_account", words, ("请使用账号的 key", "use the account's key"), "account")]
    return faults_of(account, in_zone(account, _external(line)))


def _external(line: ExternalLine) -> External:
    return External(line.rule, line.units, line.at, line.reason, line.target)


def _note(actor: Actor, account: Account, external: External, source: str, ref: str | None) -> int:
    """How many units were noted: none when the line is known."""
    cap = next(cap for cap in caps_of(account, external.at) if cap.name == external.rule)
    values = {
        "account": account.id,
        "cap": json.dumps(window(cap, external.at, account.zone)),
        "subject": external.target,
        "units": external.units,
        "source": source,
        "reason": external.reason.strip(),
        "ref": f"{account.id}/{cap.name}/{external.target}/{ref}" if ref else None,
        "member": actor.member_id or None,
        "at": external.at,
    }
    try:
        return int(db.session.execute(NOTE, values).scalar_one())
    except IntegrityError as fault:
        raise _below_zero() from fault
    except DataError as fault:
        raise _too_many() from fault


def _too_many() -> Invalid:
    words = ("合计超过可以登记的数量", "together more than can be noted")
    return Invalid("too_many", words, ("请检查数量和时间", "check the units and the times"), "units")


def _below_zero() -> Invalid:
    words = ("更正后会少于 0", "the correction would leave less than nothing")
    return Invalid("below_zero", words, ("最多更正到 0", "correct down to 0 at most"), "units")
