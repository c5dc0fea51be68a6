"""A campaign made of library items: their versions are frozen, and everything else goes the way of a campaign folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from saas.channels.platform import Finding
from saas.content.library import searching
from saas.content.library.exporting import Plan, export_folder
from saas.content.library.sendable import unsaid
from saas.content.library.uses import MadeOf
from saas.delivery.planning import check_folder, prepare_campaign
from saas.kernel.errors import Invalid, NotFound
from saas.tenants.actor import Actor

MOST_ITEMS = 20


def prepare_from_library(actor: Actor, items: Sequence[int], plan: Plan) -> int:
    """Plan a campaign of these items for ``plan.accounts``; its id. Invalid lists every finding; then nothing is stored."""
    actor.need("write")
    with TemporaryDirectory(prefix="qunfa-campaign-") as place:
        made_of = _written(actor, items, plan, Path(place))
        return prepare_campaign(actor, Path(place), made_of=made_of)


def check_from_library(actor: Actor, items: Sequence[int], plan: Plan) -> list[Finding]:
    """Everything the machine finds in such a campaign; nothing is stored."""
    actor.need("write")
    with TemporaryDirectory(prefix="qunfa-campaign-") as place:
        _written(actor, items, plan, Path(place))
        return check_folder(actor, Path(place))


def _written(actor: Actor, items: Sequence[int], plan: Plan, place: Path) -> list[MadeOf]:
    """The folder of these items as they are now, and the versions it was made of."""
    if not 1 <= len(items) <= MOST_ITEMS:
        words = (f"一次活动用 1–{MOST_ITEMS} 项素材", f"a campaign is made of 1 to {MOST_ITEMS} items")
        raise Invalid("items_count", words, ("选好素材再试", "choose the items"), "items")
    if not plan.accounts:
        raise Invalid(
            "accounts_missing", ("没有选账号", "no account was chosen"), ("至少选一个账号", "choose at least one"), "accounts"
        )
    rows = searching.some(list(items))
    versions = {row.id: row.version for row in rows}
    missing = [item for item in items if item not in versions]
    if missing:
        raise NotFound(("素材", "item"), missing[0])
    _refuse_unsaid(unsaid(rows, bool(plan.text)))
    made_of = [MadeOf(item, versions[item], number) for number, item in enumerate(dict.fromkeys(items))]
    export_folder(actor, [(one.item, one.version) for one in made_of], place, plan)
    return made_of


def _refuse_unsaid(found: list[Finding]) -> None:
    """Raise Invalid with every item that would silently stay behind."""
    if found:
        message = ("选的素材不能全部发出", "not everything that was picked can go out")
        raise Invalid("items_unsent", message, found[0].remedy, "items", findings=[asdict(one) for one in found])
