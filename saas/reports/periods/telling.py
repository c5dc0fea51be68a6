"""What a report says in words: its conclusion in one line, then what changed and where it came from. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from saas.kernel.errors import Words
from saas.reports.definitions import DEFINITIONS
from saas.reports.periods.measures import Measures, by, rate_of, ripe
from saas.reports.periods.rows import Sent

WORTH_A_WORD = 0.05
TOLD = ("sends", "delivered", "open", "share", "growth")


def conclusion(now: Measures, before: Measures, silent: bool = False) -> Words:
    """One line: how much went out, to how many, how it was read, against the span before. ``silent``: no platform tells that."""
    if not now["sends"].value:
        return "这段时间没有发送", "nothing was sent in this time"
    sends = int(now["sends"].value or 0)
    parts: list[Words] = [(f"发送 {sends:,} 次", f"{sends:,} sends"), *_reached(now), *_rate_part(now, before, silent)]
    if whom := _units(now, "unknown", "groups_unknown"):
        parts.append((f"{whom[0]}的结果还不清楚", f"nobody knows yet whether {whom[1]} got it"))
    return "，".join(zh for zh, _ in parts), ", ".join(en for _, en in parts)


def _reached(now: Measures) -> Iterator[Words]:
    """Whom it reached, and who waits for somebody to act: of these nobody can say yet that it reached none."""
    reach, awaiting = _units(now, "delivered", "groups"), _units(now, "awaiting", "groups_awaiting")
    if reach is None and not awaiting:
        only_groups = now["groups"].known and not now["delivered"].known
        reach = ("0 个群", "0 groups") if only_groups else ("0 人", "0 people")
    if reach:
        yield f"送达 {reach[0]}", f"reached {reach[1]}"
    if awaiting:
        waits = "waits" if awaiting[1] in ("1 person", "1 group") else "wait"
        yield f"{awaiting[0]}等人操作", f"{awaiting[1]} {waits} for a person to act"


def _units(now: Measures, people: str, groups: str) -> Words | None:
    """How many of each unit, side by side; None where there are none."""
    many, others = (int(now[name].value or 0) for name in (people, groups))
    said = [(f"{many:,} 人", f"{many:,} {'person' if many == 1 else 'people'}")] if many else []
    said += [(f"{others:,} 个群", f"{others:,} {'group' if others == 1 else 'groups'}")] if others else []
    return ("和 ".join(zh for zh, _ in said), " and ".join(en for _, en in said)) if said else None


def _rate_part(now: Measures, before: Measures, silent: bool) -> Iterator[Words]:
    rate = now.get("open")
    if rate is None:  # not shown to this reader
        return
    if rate.value is None and silent:
        yield "平台不提供打开率", "the platforms tell no open rate"
        return
    if rate.value is None:
        yield "打开率未知（平台还没有给出）", "open rate unknown (the platform has not told it)"
        return
    zh, en = f"打开率 {_percent(rate.value)}", f"open rate {_percent(rate.value)}"
    earlier = before["open"].compared
    if earlier is not None and rate.compared is None:
        zh, en = f"{zh}（还在涨，不与上期比）", f"{en} (still growing, not compared yet)"
    elif earlier is not None and rate.compared is not None:
        points = 100 * (rate.compared - earlier)
        if rate.fresh:
            zh, en = f"{zh}，满 72 小时的 {_percent(rate.compared)}", f"{en}, of sends older than 72 h {_percent(rate.compared)}"
        moved: Words = ("，与上期持平", ", as before") if abs(points) < 0.05 else (
            f"，比上期{'高' if points > 0 else '低'} {abs(points):.1f} 个百分点",
            f", {abs(points):.1f} points {'above' if points > 0 else 'below'} the time before",
        )  # fmt: skip
        zh, en = zh + moved[0], en + moved[1]
    yield zh, en


def changes(now: Measures, before: Measures, sent: Sequence[Sent], earlier: Sequence[Sent], at: datetime) -> list[Words]:
    """What moved by more than a twentieth until ``at``, each with the account that moved it most; nothing that still grows."""
    if not before["sends"].value:
        return [("上期没有发送，无法比较", "nothing was sent in the time before, so there is nothing to compare with")]
    found = []
    for name in (name for name in TOLD if name in now):
        one, other = now[name].compared, before[name].compared
        if one is None or other is None or not _moved(one, other):
            continue
        rate = DEFINITIONS[name].group == "rates"
        rows = [ripe(own, at) for own in (sent, earlier)] if rate else [sent, earlier]
        found.append(_change(name, one, other, _cause(name, *rows, rises=one > other)))
    return found or [("与上期相比没有明显变化", "no marked change against the time before")]


def _moved(one: float, other: float) -> bool:
    return abs(one - other) > WORTH_A_WORD * abs(other) if other else one != 0


def _change(name: str, one: float, other: float, cause: Words) -> Words:
    say = _percent if DEFINITIONS[name].group == "rates" else _count
    up = one > other
    zh, en = DEFINITIONS[name].title
    words_zh = f"{zh}{'上升' if up else '下降'}：{say(other)} → {say(one)}"
    words_en = f"{en} {'rose' if up else 'fell'}: {say(other)} → {say(one)}"
    return words_zh + cause[0], words_en + cause[1]


def _cause(name: str, sent: Sequence[Sent], earlier: Sequence[Sent], *, rises: bool) -> Words:
    """Who moved most the same way as the whole; for rates, of those with a twentieth of the people."""
    if name == "growth":
        return "", ""
    part = _rate_parts if DEFINITIONS[name].group == "rates" else _count_parts
    now, before = part(name, sent), part(name, earlier)
    names = {row.account: row.account_name for row in (*earlier, *sent)}
    known = [key for key in names if part is _count_parts or (key in now and key in before)]
    moved = {key: now.get(key, 0.0) - before.get(key, 0.0) for key in known}
    same_way = {key: change for key, change in moved.items() if change and (change > 0) == rises}
    if len(names) < 2 or not same_way:
        return "", ""
    key = max(same_way, key=lambda one: abs(same_way[one]))
    say: Callable[[float], str] = _points if part is _rate_parts else _signed
    return f"，其中“{names[key]}”{say(moved[key])}", f", of which '{names[key]}' {say(moved[key])}"


def _count_parts(name: str, rows: Sequence[Sent]) -> dict[str, float]:
    people = [row for row in rows if name == "sends" or row.unit == "person"]
    return {
        str(key): float(sum(1 if name == "sends" else getattr(row, name) for row in own))
        for key, own in by(people, lambda r: r.account).items()
    }


def _rate_parts(name: str, rows: Sequence[Sent]) -> dict[str, float]:
    whole = sum(row.delivered for row in rows if row.unit == "person") or 1
    found: dict[str, float] = {}
    for key, own in by(rows, lambda row: row.account).items():
        rate = rate_of(name, own)
        if rate is not None and sum(row.delivered for row in own) >= WORTH_A_WORD * whole:
            found[str(key)] = rate
    return found


def _percent(value: float) -> str:
    return f"{100 * value:.1f}".removesuffix(".0") + "%"


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _signed(value: float) -> str:
    return f"{value:+,.0f}"


def _points(value: float) -> str:
    return f"{100 * value:+.1f}pp"
