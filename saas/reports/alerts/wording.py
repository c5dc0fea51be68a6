"""What an alert says, from its facts: what, where, since when, what to do, and where one does it. In the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from saas.accounts.channels import registry
from saas.accounts.words import trouble_words
from saas.channels.broken import plain
from saas.delivery.stops import SCOPE_WORDS
from saas.kernel.errors import Words, both_sides
from saas.reports.alerts.carriers import Letter
from saas.reports.alerts.kinds import KINDS
from saas.reports.ordered import words_of
from saas.review.stages import KINDS as STAGES

SHOWN: Final = 20
RATES: Final[dict[str, Words]] = {"open": ("打开率", "open rate"), "delivery": ("送达率", "delivery rate")}
Facts = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """An alert as its text needs it."""

    kind: str
    subject: str
    facts: Facts
    since: datetime
    campaign_id: int | None = None
    client_id: int | None = None
    account_id: int | None = None

    @property
    def path(self) -> str:
        """The page where one does something about it."""
        if "path" in self.facts:
            return str(self.facts["path"])
        return KINDS[self.kind].page.format(campaign=self.campaign_id, key=self.facts.get("key", ""))


@dataclass(frozen=True, slots=True)
class Reader:
    """Who is told: their language, the agency's name and zone, where pages are; ``staff``: may see the alerts' own page."""

    locale: str
    agency: str
    zone: str
    origin: str
    staff: bool = True

    def say(self, words: Words) -> str:
        """The one of the two that they read."""
        return words[1 if self.locale == "en" else 0]


def letter(key: str, what: str, alerts: Sequence[Told], reader: Reader) -> Letter:
    """One message of alerts of one kind that opened (``what`` open) or ended (close)."""
    kind = KINDS[alerts[0].kind]
    title = kind.title if what == "open" else kind.ends
    whom = title_of(alerts[0]) if len(alerts) == 1 else (f"{len(alerts)} 项", f"{len(alerts)} of them")
    subject = reader.say((f"【群发】{title[0]}：{whom[0]}", f"[Qunfa] {title[1]}: {whom[1]}"))
    lines = [f"· {reader.say(line_of(one, reader.zone))}" for one in alerts[:SHOWN]]
    if more := len(alerts) - SHOWN:
        lines += [reader.say((f"· 还有 {more} 项", f"· and {more} more"))] if more > 0 else []
    link = reader.origin + (
        alerts[0].path if len(alerts) == 1 or ("{" not in kind.page and kind.name != "report") else _list(kind.name, reader)
    )
    if what == "open":
        lines += ["", reader.say((f"怎么办：{kind.remedy[0]}", f"What to do: {kind.remedy[1]}"))]
    lines += [reader.say((f"查看：{link}", f"Look: {link}")), "", _foot(reader)]
    return Letter(key, subject, "\n".join(lines), link, _facts(what, kind.name, alerts, reader))


def _list(kind: str, reader: Reader) -> str:
    if kind == "report":
        return "/reports"
    return f"/alerts?kind={kind}" if reader.staff else "/reviews"


def _foot(reader: Reader) -> str:
    if not reader.staff:
        return reader.agency
    return reader.say(
        (
            f"{reader.agency} · 静音或改规则：{reader.origin}/alerts",
            f"{reader.agency} · to silence it or change the rule: {reader.origin}/alerts",
        )
    )


def _facts(what: str, kind: str, alerts: Sequence[Told], reader: Reader) -> dict[str, Any]:
    told = [
        {
            "subject": one.subject,
            "title": reader.say(title_of(one)),
            "text": reader.say(line_of(one, reader.zone)),
            "since": one.since.isoformat(),
            "link": reader.origin + one.path,
            "client": one.client_id,
            "account": one.facts.get("key", "") if one.account_id else "",
            "campaign": one.campaign_id,
        }
        for one in alerts
    ]
    return {"type": "alert.opened" if what == "open" else "alert.closed", "rule": kind, "alerts": told}


def title_of(one: Told) -> Words:
    """What it is about, in a few words."""
    facts = one.facts
    if one.kind == "stop":
        scope = SCOPE_WORDS[facts["scope"]]
        return f"{scope[0]} {facts['name']}", f"{scope[1]} {facts['name']}"
    if one.kind == "report":
        zh, en = words_of(facts["period"])
        return f"{facts['client']} {zh}", f"{facts['client']}, {en}"
    name = str(facts.get("campaign") or facts.get("account") or "")
    return name, name


def line_of(one: Told, zone: str) -> Words:
    """The whole of it in one line: who, what, since when."""
    zh, en = SAYS[one.kind](one.facts, zone)
    since = _at(one.since, zone)
    where = [str(one.facts[name]) for name in ("client", "campaign", "account") if one.facts.get(name)]
    return f"{' · '.join([*where, zh])}（自 {since}）", f"{' · '.join([*where, en])} (since {since})"


def what_of(one: Told, zone: str) -> Words:
    """What is the matter, without who and since when."""
    return SAYS[one.kind](one.facts, zone)


def _at(value: datetime | str, zone: str) -> str:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return f"{moment.astimezone(ZoneInfo(zone)):%m-%d %H:%M}"


def _account(facts: Facts, zone: str) -> Words:
    if not facts["trouble"]:
        return "已停用", "switched off"
    return trouble_words(facts["trouble"])[0], trouble_words(facts["trouble"])[1]


def _stop(facts: Facts, zone: str) -> Words:
    zh, en = SCOPE_WORDS[facts["scope"]]
    return f"{zh} {facts['name']}：{facts['reason']}（{facts['by']}）", f"{en} {facts['name']}: {facts['reason']} ({facts['by']})"


def _people(facts: Facts) -> Words:
    count = f"{float(facts['count']):,.0f}"
    if facts.get("unit") == "page":
        return f"{count} 次发表", f"{count} publications"
    return (f"{count} 个群", f"{count} groups") if facts.get("unit") == "group" else (f"{count} 人", f"{count} people")


def _with_reason(words: Words, facts: Facts) -> Words:
    zh, en = both_sides(plain(str(facts.get("reason") or "")))
    return (f"{words[0]}：{zh}", f"{words[1]}: {en}") if zh else words


def _failed(facts: Facts, zone: str) -> Words:
    (zh, en), of = _people(facts), f"{facts['of']:,}"
    return _with_reason((f"共 {of}，{zh}没有发到", f"{en} of {of} were not reached"), facts)


def _missed(facts: Facts, zone: str) -> Words:
    zh, en = _people(facts)
    return _with_reason((f"{zh}没有发出，已错过时间", f"too late for {en}"), facts)


def _unknown(facts: Facts, zone: str) -> Words:
    zh, en = _people(facts)
    return f"平台没有说清{zh}是否收到", f"nobody knows whether {en} got it"


def _waiting(facts: Facts, zone: str) -> Words:
    (zh, en), until = _people(facts), _at(facts["until"], zone)
    return f"{zh}还在等，{until} 截止", f"{en} wait, until {until}"


def _review(facts: Facts, zone: str) -> Words:
    stage, until = STAGES[facts["stage"]], _at(facts["until"], zone)
    by = str(facts.get("by") or "")
    asked = (f"{by} 提醒：", f"{by} reminds you: ") if by else ("", "")
    return f"{asked[0]}等{stage[0]}，{until} 前", f"{asked[1]}waits for the {stage[1]}, by {until}"


def _quota(facts: Facts, zone: str) -> Words:
    (zh, en), until = cap_title(facts["channel"], facts["rule"]), _at(facts["until"], zone)
    taken = f"{float(facts['count']):,.0f} / {facts['of']:,}"
    return f"{zh} 已用 {taken}，{until} 重新计算", f"{en}: {taken} used, anew {until}"


def _figure(facts: Facts, zone: str) -> Words:
    zh, en = RATES[facts["rate"]]
    value, middle, n = f"{facts['value']:.1%}", f"{facts['median']:.1%}", facts["n"]
    return (
        f"{zh} {value}，此前 {n} 次的中位数 {middle}（修正 z 值 {facts['z']:+.1f}）",
        f"{en} {value}, the median of the {n} sends before is {middle} (modified z-score {facts['z']:+.1f})",
    )


def _report(facts: Facts, zone: str) -> Words:
    (zh, en), path = words_of(facts["period"]), str(facts.get("link", ""))
    days = facts["days"]
    return f"{zh}的报告 {path} （{days} 天内有效）", f"the report of {en} {path} (good for {days} days)"


def _invitation(facts: Facts, zone: str) -> Words:
    until = _at(facts["until"], zone)
    return f"询问是否接收报告，{until} 前有效", f"asked whether they want the reports, by {until}"


def cap_title(channel: str, rule: str) -> Words:
    """What the channel calls a cap; its name where the channel is not installed."""
    installed = registry().get(channel)
    pack = installed.hook.rule_pack() if installed and installed.hook.rule_pack else None
    found: Mapping[str, Any] = next((entry for entry in pack.rules if entry["name"] == rule), {}) if pack else {}
    return str(found.get("title_zh", rule)), str(found.get("title_en", rule))


SAYS: Final[dict[str, Callable[[Facts, str], Words]]] = {
    "account": _account,
    "stop": _stop,
    "failed": _failed,
    "missed": _missed,
    "unknown": _unknown,
    "waiting": _waiting,
    "review": _review,
    "reminder": _review,
    "quota": _quota,
    "figure": _figure,
    "report": _report,
    "invitation": _invitation,
}
