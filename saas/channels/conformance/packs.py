"""The rule pack: beside the plugin, each rule with its source, the whole dated, and what is declared comes from it."""

from __future__ import annotations

import sys
import tomllib
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from saas.channels.conformance.verdict import Broken
from saas.channels.rules import RulePack

if TYPE_CHECKING:
    from saas.channels.conformance.troupe import Troupe

LONG_AGO, FAR_OFF = datetime(2015, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC)
NAME = "rules.toml"


def path_of(plugin: Any) -> Path | None:
    """The file ``rules.toml`` beside the plugin, or None."""
    module = plugin if hasattr(plugin, "__file__") else sys.modules.get(type(plugin).__module__)
    own = getattr(plugin, "rules_file", None)
    found = Path(own) if own else Path(str(getattr(module, "__file__", ""))).with_name(NAME)
    return found if found.is_file() else None


@cache
def _read(path: Path) -> RulePack:
    return RulePack.load(path)


def pack_of(troupe: Troupe) -> RulePack | None:
    """The channel's rule pack; None where there is none or it does not load."""
    path = path_of(troupe.plugin)
    try:
        return _read(path) if path else None
    except ValueError:
        return None


async def rules_dated(troupe: Troupe) -> str:
    """The pack loads, says when it was read, gives every rule a source; limits are found at any time and come from it."""
    path = path_of(troupe.plugin)
    if path is None:
        raise Broken(f"there is no {NAME} beside the plugin")
    try:
        pack = _read(path)
    except ValueError as error:
        raise Broken(f"{NAME}: {error}") from error
    as_of = tomllib.loads(path.read_text(encoding="utf-8")).get("as_of")
    for rule in pack.rules:
        _sourced(rule, isinstance(as_of, date))
    _from_the_pack(troupe, pack)
    return f"{len(pack.rules)} rules, as of {as_of}"


def _sourced(rule: Any, dated: bool) -> None:
    if not str(rule["source"]).strip() or not str(rule["grade"]).strip():
        raise Broken(f"rule '{rule['name']}': its source or grade is empty")
    if not dated and not (rule.get("from") or rule.get("until") or rule.get("checked")):
        raise Broken(f"rule '{rule['name']}': neither it nor the pack (as_of) says of which date it is")
    begins, ends = rule.get("from"), rule.get("until")
    if begins and ends and begins >= ends:
        raise Broken(f"rule '{rule['name']}': it ends before it begins")


def _from_the_pack(troupe: Troupe, pack: RulePack) -> None:
    from saas.channels.platform import Account

    names = {rule["name"] for rule in pack.rules}
    for kind, route in troupe.routes():
        account = Account(1, "k", troupe.installed.channel.name, kind.name, "n", {}, {})
        for now in (LONG_AGO, datetime.now(UTC), FAR_OFF):
            limits = troupe.installed.hook.limits(account=account, route=route, now=now)
            strays = [rule.name for rule in (*limits.caps, *limits.content) if rule.name not in names]
            if strays:
                raise Broken(f"{kind.name}/{route.name}: the limit '{strays[0]}' is not in {NAME}")


async def limits_pure(troupe: Troupe) -> str:
    """The same question has the same answer, and an account's own override with a reason is heard."""
    for kind, route in troupe.routes():
        async with troupe.stand(kind) as stand:
            now, before = stand.line.now(), len(stand.heard())
            ask = troupe.installed.hook.limits
            first, second = (ask(account=stand.account, route=route, now=now) for _ in range(2))
            if first != second or len(stand.heard()) > before:
                raise Broken(f"{kind.name}/{route.name}: 'limits' is not pure: asked twice it gave two answers, or it called out")
            await _overridden(stand, route, first, now)
    return "asked twice; overrides heard"


async def _overridden(stand: Any, route: Any, limits: Any, now: datetime) -> None:
    from dataclasses import replace

    for cap in limits.caps:
        own = {"overrides": {cap.name: {"value": 1, "reason": "rehearsal"}}}
        account = replace(stand.account, settings={**stand.account.settings, **own})
        found = stand.installed.hook.limits(account=account, route=route, now=now).caps
        if [c.amount for c in found if c.name == cap.name] != [1]:
            raise Broken(f"{stand.where}/{route.name}: the account's override of '{cap.name}' is not heard")
