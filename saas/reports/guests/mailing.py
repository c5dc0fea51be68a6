"""The mails a guest gets: one that asks, and reports after their yes, each with a link by which it ends."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import psycopg

from saas.kernel.errors import Words
from saas.reports.alerts.carriers import Letter
from saas.reports.ordered import PERIODS, hash_of, mint, words_of

KEY = "INSERT INTO report_guest_keys (hash, guest_id, made_at) VALUES (%s, %s, %s)"
LONGEST_NAME: Final = 60
Connection = psycopg.Connection[Any]
Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Envelope:
    """To whom and from whom: the guest, their language, the agency with its zone, where pages are."""

    guest: int
    locale: str
    agency: str
    zone: str
    origin: str

    def say(self, words: Words) -> str:
        """The one of the two that they read."""
        return words[1 if self.locale == "en" else 0]


def guest_letter(connection: Connection, key: str, kind: str, told: Sequence[Facts], to: Envelope, now: datetime) -> Letter:
    """An invitation or a report, with a fresh link to answer by: of its secret nothing is kept. In the caller's transaction."""
    secret = secrets.token_urlsafe(32)
    connection.execute(KEY, (hash_of(secret), to.guest, now))
    link = f"{to.origin}/g/{secret}"
    if kind == "invitation":
        return _invitation(key, told[0], to, link)
    return _reports(
        key, [(facts, to.origin + mint(connection, facts, facts["whose"], now, to.guest)) for facts in told], to, link
    )


def _invitation(key: str, facts: Facts, to: Envelope, link: str) -> Letter:
    client, agency = _name(facts["client"]), _name(to.agency)
    zh, en = PERIODS[facts["period"]]
    until = datetime.fromisoformat(facts["until"]).astimezone(ZoneInfo(to.zone))
    subject = to.say((f"请确认：是否接收“{client}”的报告", f"Please confirm: do you want the reports of {client}?"))
    lines = (
        (f"{agency} 想把“{client}”的报告{zh}发到此邮箱。", f"{agency} would like to send you the reports of {client}, {en}."),
        ("在下面的页面确认后才会发送；不确认，就不会再有邮件。", "Nothing is sent unless you say yes on this page:"),
        ("", ""),
        (f"确认或拒绝：{link}", link),
        (f"{until:%Y-%m-%d %H:%M} 前有效。", f"It is good until {until:%Y-%m-%d %H:%M}. If this is not for you, do nothing."),
    )
    return Letter(key, subject, "\n".join(to.say(one) for one in lines), link)


def _reports(key: str, reports: Sequence[tuple[Facts, str]], to: Envelope, link: str) -> Letter:
    first = reports[0][0]
    name, (zh, en) = _name(first["client"]), words_of(first["period"])
    subject = to.say((f"“{name}”{zh}的报告", f"The report of {name}, {en}"))
    lines = [to.say(_report(facts, where)) for facts, where in reports]
    end = to.say((f"不想再收：{link}", f"No more of these: {link}"))
    return Letter(key, subject, "\n".join([*lines, "", _name(to.agency), end]), reports[0][1], unsubscribe=link)


def _report(facts: Facts, where: str) -> Words:
    (zh, en), days = words_of(facts["period"]), facts["days"]
    return f"{zh}的报告：{where} （{days} 天内有效）", f"The report of {en}: {where} (good for {days} days)"


def _name(name: str) -> str:
    """A name in a stranger's mail is a name: one line, not long, no address to click on."""
    return " ".join(name.replace("://", " ").split())[:LONGEST_NAME]
