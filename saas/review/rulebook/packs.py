"""Every pack of this installation and its rules on a day: channels' limits, the folder's own, compliance checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from saas.accounts.channels import registry
from saas.channels.passage import TRADES
from saas.channels.rules import RulePack
from saas.channels.wording import WordPack
from saas.channels.wording.lists import Term
from saas.content.house import house_pack
from saas.content.measures import MEASURES
from saas.kernel.errors import Invalid, Words
from saas.review.compliance.packs import checks
from saas.review.compliance.ruling import FOLDER

Kind = Literal["channel", "folder", "compliance"]
KIND_WORDS: dict[str, Words] = {
    "channel": ("渠道规则", "channel"),
    "folder": ("活动文件夹", "campaign folder"),
    "compliance": ("合规检查", "compliance check"),
}
_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Pack:
    """One pack. ``version`` names exactly its text; ``rules`` counts its entries over all time."""

    name: str
    kind: Kind
    title: Words
    version: str
    rules: int
    source: str
    body: RulePack | WordPack


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry of a pack. ``value`` says the limit or some of the words; ``scope`` whom it binds; dates as in the pack."""

    pack: str
    name: str
    type: str
    title: Words
    value: Words
    severity: str
    scope: tuple[Words, ...]
    source: str
    grade: str
    since: date | None
    until: date | None

    def in_force(self, day: date) -> bool:
        """Whether it holds on that day."""
        return (self.since or date.min) <= day and (self.until is None or day < self.until)

    @property
    def changeable(self) -> Literal["", "amount", "severity"]:
        """What an agency may change of it: never a cap, a rate or a window."""
        return "severity" if self.type == "words" else "amount" if self.type == "content" else ""


def packs() -> list[Pack]:
    """Every pack that tells its rules: channels by name, the folder's, then checks by name."""
    return [*_channels(), _folder(), *_checks()]


def pack_named(name: str) -> Pack:
    """The pack of that name. Invalid with the names there are."""
    for pack in packs():
        if pack.name == name:
            return pack
    known = ", ".join(pack.name for pack in packs())
    raise Invalid(
        "unknown_pack",
        (f"没有规则包“{name}”", f"there is no rule pack '{name}'"),
        (f"现有：{known}", f"there are: {known}"),
        "pack",
    )


def rules_of(pack: Pack, day: date | None = None) -> list[Rule]:
    """The rules of a pack in its order; those in force on ``day`` where one is given."""
    if isinstance(pack.body, RulePack):
        found = [_limit(pack.name, entry) for entry in pack.body.rules]
    else:
        found = [_words(pack.name, term) for term in pack.body.terms]
    return [rule for rule in found if day is None or rule.in_force(day)]


def rules_named(name: str, day: date | None = None) -> list[Rule]:
    """The rules of the pack of that name; or every rule of that name in any pack. Invalid when there is neither."""
    if any(pack.name == name for pack in packs()):
        return rules_of(pack_named(name), day)
    found = [rule for pack in packs() for rule in rules_of(pack, day) if rule.name == name]
    if not found and not any(rule.name == name for pack in packs() for rule in rules_of(pack)):
        raise Invalid(
            "unknown_rule",
            (f"没有规则或规则包“{name}”", f"there is no rule or pack '{name}'"),
            ("用 rules list 查看", "see rules list"),
            "name",
        )
    return found


def _channels() -> Iterator[Pack]:
    for installed in registry().all():
        if installed.hook.rule_pack:
            body: RulePack = installed.hook.rule_pack()
            title = (installed.channel.title.zh, installed.channel.title.en)
            yield Pack(installed.channel.name, "channel", title, body.version, len(body.rules), installed.distribution, body)


def _folder() -> Pack:
    body = house_pack()
    return Pack(FOLDER, "folder", KIND_WORDS["folder"], body.version, len(body.rules), "saas/content/rules.toml", body)


def _checks() -> Iterator[Pack]:
    for found in checks().all():
        body = found.rules
        if isinstance(body, WordPack):
            title = (str(body.head.get("title_zh", found.name)), str(body.head.get("title_en", found.name)))
            yield Pack(found.name, "compliance", title, body.version, len(body.terms), str(body.head.get("source", "")), body)


def _limit(pack: str, entry: Mapping[str, Any]) -> Rule:
    known = MEASURES.get(entry["name"])
    named = known.subject if known else (entry["name"], entry["name"])
    title = (str(entry.get("title_zh", named[0])), str(entry.get("title_en", named[1])))
    said = _at_most(int(entry["amount"]), known.unit) if known else _amount(entry)
    scope = tuple((kind, kind) for kind in dict.fromkeys((*entry["kinds"], *entry.get("routes", ()))))
    severity = entry.get("severity", "block" if entry["type"] == "content" else "")
    return Rule(
        pack, entry["name"], entry["type"], title, said, severity, scope, entry["source"], entry["grade"],
        entry.get("from"), entry.get("until"),
    )  # fmt: skip


def _at_most(amount: int, unit: Words) -> Words:
    return f"最多 {amount:,} {unit[0]}", f"at most {amount:,} {unit[1]}"


def _amount(entry: Mapping[str, Any]) -> Words:
    per = entry.get("window") or (f"{entry['seconds']} s" if "seconds" in entry else "")
    value = " ".join(str(part) for part in (entry["amount"], entry.get("unit", ""), f"/ {per}" if per else "") if part != "")
    return value, value


def _words(pack: str, term: Term) -> Rule:
    scope = tuple(TRADES[trade] for trade in TRADES if trade in term.trades)
    since = term.since if term.since > date.min else None
    return Rule(pack, term.rule, "words", term.message, _listed(term), term.severity, scope, term.law, "", since, term.until)


def _listed(term: Term) -> Words:
    """Some of the words and how many there are; of patterns only how many, and by which words they are known."""
    zh, en = [], []
    if term.words:
        some = "、".join(term.words[:_SHOWN])
        more = len(term.words) > _SHOWN
        zh.append(f"{some}……共 {len(term.words):,} 个词" if more else some)
        en.append(f"{some} … {len(term.words):,} words" if more else some)
    if term.pattern:
        some = "、".join(term.anchors[:_SHOWN])
        zh.append(f"含有“{some}”等的句式")
        en.append(f"phrases with {some} and the like")
    return "；".join(zh), "; ".join(en)
