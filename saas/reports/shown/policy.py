"""What may be left out of what a client sees, and what could be reckoned all the same from what is left. Pure.

What became of a send is not among it: people are asked to sign the number it is meant for, and the evidence proves each delivery.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from saas.kernel.errors import Invalid, Words
from saas.reports.definitions import DEFINITIONS, RATES, SCENES

PARTS: dict[str, Words] = {
    "scenes": ("读者从哪里来", "Where readers came from"),
    "median": ("与机构中位数的对比", "Comparison with the agency's median"),
    "caps": ("额度", "Caps used and left"),
}
"""Parts of a report that are more than one figure."""

ALWAYS = frozenset({*(one.name for one in DEFINITIONS.values() if one.group == "sending"), "delivery"})
CHOICE: dict[str, Words] = {one.name: one.title for one in DEFINITIONS.values() if one.name not in ALWAYS} | PARTS
"""Everything that an agency may leave out, by name."""

Hidden = frozenset[str]
ALL_SHOWN: Hidden = frozenset()


def _ways() -> Iterator[tuple[str, frozenset[str]]]:
    for name in RATES:
        trio = (name, DEFINITIONS[name].top, DEFINITIONS[name].base)
        yield from ((one, frozenset(trio) - {one}) for one in trio)
    for one in ("growth", "gained", "lost"):
        yield one, frozenset({"growth", "gained", "lost"}) - {one}
    yield from (("growth", frozenset({"followers"})), ("gained", frozenset({"followers", "lost"})))
    yield "lost", frozenset({"followers", "gained"})
    near = (("lost_72h", "lost"), ("lost", "lost_72h"), ("lost_72h", "left_72h"), ("left_72h", "lost_72h"))
    yield from ((one, frozenset({other})) for one, other in near)  # of who sends every few days, or once, they are the same
    yield from (("opened", frozenset({"scenes"})), ("opened_all", frozenset({"scenes"})))


WAYS = tuple(_ways())
"""A figure, and others from which it can be reckoned."""


def given_away(hidden: Hidden) -> dict[str, frozenset[str]]:
    """What is to be hidden and could still be reckoned from what is shown, each with what it follows from."""
    known = {*DEFINITIONS, *PARTS} - hidden
    found: dict[str, frozenset[str]] = {}
    while following := [(name, needed) for name, needed in WAYS if name not in known and needed <= known]:
        name, needed = following[0]
        found[name] = needed
        known.add(name)
    return found


def checked(names: Iterable[str]) -> Hidden:
    """The names as a choice. Invalid for one that there is not, or that follows from what would be shown."""
    hidden = frozenset(names)
    if strangers := sorted(hidden - set(CHOICE)):
        words = (f"“{strangers[0]}”不能隐藏", f"'{strangers[0]}' cannot be left out")
        can = ", ".join(CHOICE)
        raise Invalid("figure_unknown", words, (f"可以隐藏：{can}", f"these can be left out: {can}"), "hidden")
    for name, needed in given_away(hidden).items():
        raise _told_anyway(name, sorted(needed - ALWAYS))
    return hidden


def _told_anyway(name: str, needed: list[str]) -> Invalid:
    titles = [CHOICE[one] for one in needed]
    zh, en = CHOICE[name]
    zh_from, en_from = "、".join(f"“{one[0]}”" for one in titles), ", ".join(f"'{one[1]}'" for one in titles)
    words = (f"“{zh}”可以从{zh_from}算出来，只隐藏它没有用", f"'{en}' could be reckoned from {en_from}: it would not be hidden")
    remedy = (
        f"把{'其中一项' if len(titles) > 1 else zh_from}也隐藏",
        f"leave out {'one of these' if len(titles) > 1 else en_from} too",
    )
    return Invalid("figure_given_away", words, remedy, "hidden")


def withheld(hidden: Hidden) -> Hidden:
    """By what names the numbers of a send are kept that must not be told."""
    return hidden | frozenset(SCENES) if "scenes" in hidden else hidden
