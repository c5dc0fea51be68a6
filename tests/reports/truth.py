"""What every figure of a played quarter is, reckoned from its book alone."""

from __future__ import annotations

from datetime import date, timedelta

from saas.reports.definitions import DEFINITIONS
from tests.reports.quarter import GIVEN, Book, TrueSend


def truth(book: Book, first: date, last: date, client: str = "", account: str = "") -> dict[str, float | None]:
    """What every figure of the span is, reckoned from the book alone."""
    mine = [s for s in book.sends if first <= s.day <= last and client in ("", s.client) and account in ("", s.account)]
    people = [s for s in mine if s.unit == "person"]
    groups = [s for s in mine if s.unit == "group"]
    found: dict[str, float | None] = {"sends": len(mine)}
    for name in ("intended", "delivered", "failed", "unknown"):
        found[name] = sum(getattr(s, name) for s in people)
        found["groups" if name == "delivered" else f"groups_{name}"] = sum(getattr(s, name) for s in groups)
    for name in GIVEN:
        known = [s.figures[name] for s in people if s.figures]
        found[name] = sum(known) if known else None
    found |= dict.fromkeys(("skipped", "awaiting", "recalled"), 0)  # a past that no worker measured
    found |= dict.fromkeys(("groups_skipped", "groups_awaiting", "groups_recalled"), 0) | {"left_72h": None}
    found["delivery"] = share([(s.delivered, s.intended) for s in people])
    found["open"] = share([(s.figures["opened"], s.delivered) for s in people if s.figures])
    found["share"] = share([(s.figures["shared"], s.figures["opened"]) for s in people if s.figures])
    found["read_through"] = share([(s.figures["finished"], s.figures["opened_all"]) for s in people if s.figures])
    return found | true_days(book, mine, first, last, client, account)


def share(pairs: list[tuple[int, int]]) -> float | None:
    base = sum(base for _, base in pairs)
    return round(sum(top for top, _ in pairs) / base, 6) if base else None


def true_days(book: Book, mine: list[TrueSend], first: date, last: date, client: str, account: str) -> dict[str, float | None]:
    wanted = {k: v for k, v in book.days.items() if k[0].startswith(client) and account in ("", k[0])}
    sums: dict[str, float | None] = {}
    for name in ("gained", "lost", "replies"):
        values = [v for (_, day, what), v in wanted.items() if what == name and first <= day <= last]
        sums[name] = sum(values) if values else None
    flow = [(key, what, v) for (key, day, what), v in wanted.items() if what in ("gained", "lost") and first <= day <= last]
    both = {key for key, what, _ in flow if what == "gained"} & {key for key, what, _ in flow if what == "lost"}
    sums["growth"] = sum(v if what == "gained" else -v for key, what, v in flow if key in both) if both else None
    counted = sorted((day, key, v) for (key, day, what), v in wanted.items() if what == "followers" and first <= day <= last)
    totals = {key: v for _, key, v in counted}
    sums["followers"] = sum(totals.values()) if totals else None
    after = {(s.account, s.day + timedelta(days=n)) for s in mine for n in range(3)}
    left = [v for (key, day, what), v in wanted.items() if what == "lost" and (key, day) in after]
    return sums | {"lost_72h": sum(left) if left else None}


def written(name: str, value: float | None) -> str:
    """The figure as a reader expects it."""
    if value is None:
        return "—"
    if DEFINITIONS[name].group != "rates":
        return f"{value:,.0f}"
    return f"{100 * value:.1f}".removesuffix(".0") + "%"
