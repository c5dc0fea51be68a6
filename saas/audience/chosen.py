"""Single groups that a campaign names, found among those an account reaches now: by id, or by a name that only one has."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from saas.accounts.models import Contact
from saas.channels.channel import Route
from saas.channels.choosing import Group
from saas.channels.platform import Account, Platform, Target
from saas.channels.registry import Installed

SEEN = "audience:groups"
MOST_SEEN = 5_000
CLOSED, NAMED = "closed_groups", 5


@dataclass(frozen=True, slots=True)
class Missing:
    """A group that was named and is not among the account's; ``alike``: those of this name, where several have it."""

    wish: str
    alike: Sequence[Group] = ()


def chooses(route: Route, installed: Installed) -> bool:
    """Whether a list of ids on this route means groups that can be looked up."""
    return route.unit == "group" and installed.hook.groups is not None


async def groups_of(account: Account, installed: Installed, platform: Platform) -> Sequence[Group]:
    """The account's groups as its platform lists them, kept for when it is silent. NotSent, MaybeSent."""
    found: list[Group] = await installed.hook.groups(account=account, platform=platform)
    if len(found) <= MOST_SEEN:
        await platform.remember(SEEN, json.dumps([asdict(group) for group in found], ensure_ascii=False))
    return found


async def groups_last_seen(platform: Platform) -> Sequence[Group]:
    """The groups as they were when the platform last told."""
    return [Group(**group) for group in json.loads(await platform.recall_memory(SEEN) or "[]")]


def chosen(wishes: Sequence[str], groups: Sequence[Group]) -> tuple[list[Group], list[Missing]]:
    """The groups that are meant, each once and in the order of the list, and what is meant by no group or by several."""
    by_id = {group.id: group for group in groups}
    by_name: dict[str, list[Group]] = {}
    for group in groups:
        by_name.setdefault(_plain(group.name), []).append(group)
    meant, missing = set[str](), list[Missing]()
    for wish in wishes:
        alike = [by_id[wish]] if wish in by_id else by_name.get(_plain(wish), [])
        if len(alike) == 1:
            meant.add(alike[0].id)
        else:
            missing.append(Missing(wish, alike))
    return [group for group in by_id.values() if group.id in meant], missing


def targets_of(groups: Sequence[Group]) -> list[Target]:
    """A target for each group, or for those together that one call is for."""
    found = [Target("ids", (group.id,), 1, {"title": group.name}) for group in groups if not group.through]
    together: dict[str, list[Group]] = {}
    for group in groups:
        if group.through:
            together.setdefault(group.through, []).append(group)
    for through, owned in together.items():
        fields = {"title": owned[0].through_name or through, "groups": " ".join(group.id for group in owned)}
        found.append(Target("ids", (through,), len(owned), fields))
    return found


class Contacts(list[Contact]):
    """Whom an account can reach, as events and imports have told. ``closed``: groups that no longer let it speak. ``told``: there
    were some, be they all gone by now."""

    closed: Sequence[Contact] = ()
    told: bool = False


def knowing(account: Account, contacts: Sequence[Contact]) -> Account:
    """The account as a hook sees it, with the groups and contacts that events keep instead of those its settings began with."""
    told = isinstance(contacts, Contacts) and contacts.told
    if not contacts and not told:
        return account
    closed = contacts.closed if isinstance(contacts, Contacts) else ()
    known = [_entry(one) for one in contacts]
    kept = {"groups": known, "contacts": known, CLOSED: [_entry(one) for one in closed]}
    return replace(account, settings={**account.settings, **kept})


def closed_words(account: Account, route: Route) -> str:
    """Which groups a send to all leaves out because they no longer let the account speak, in both languages; "" for none."""
    closed = account.settings.get(CLOSED) or () if route.unit == "group" else ()
    if not closed:
        return ""
    names = [str(one["title"] or one["id"]).replace(" / ", "／") for one in closed]
    more = len(names) - NAMED
    zh = "、".join(names[:NAMED]) + (f" 等 {len(names)} 个" if more > 0 else "")
    en = ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
    return (
        f"这些群不在发送之列，群主关闭了主动消息或账号被禁言：{zh} / "
        f"left out, as their owners have switched messages off or the account is muted there: {en}"
    )


def _entry(contact: Contact) -> Mapping[str, object]:
    return {"id": contact.target, "title": contact.title, "people": contact.people}


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()
