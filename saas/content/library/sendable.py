"""Which items of the library a campaign can say, and which accounts take them. What cannot go out is refused, never left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from saas.accounts.channels import registry
from saas.channels import AccountKind, Finding
from saas.channels.channel import ContentKind
from saas.content.faults import Words, block, shown
from saas.content.library.contents import KINDS
from saas.content.library.views import ItemRow

SAYS: dict[str, ContentKind] = {"article": "articles", "text": "text", "link": "link", "picture": "image", "template": "template"}
"""By kind of item, what of a message it becomes. A message of the channels' contract holds nothing else."""
CONTENT: dict[ContentKind, Words] = {content: KINDS[kind] for kind, content in SAYS.items()}
OWN_TEXT: Words = ("填写的文字", "the text that was written")
_ONE = ("text", "link", "template")


def taken_by(kind: AccountKind | None) -> tuple[ContentKind, ...]:
    """What an account of this kind can be sent, in the order of ``CONTENT``."""
    held = {content for route in kind.routes for content in route.content} if kind else set()
    return tuple(content for content in CONTENT if content in held)


def takers(item_kind: str) -> list[Words]:
    """The kinds of accounts, of channels that are installed, to which such an item can be sent."""
    content = SAYS.get(item_kind)
    kinds = [kind for one in registry().all() for kind in one.channel.kinds]
    return [(kind.title.zh, kind.title.en) for kind in kinds if content and content in taken_by(kind)]


def unsaid(rows: Sequence[ItemRow], own_text: bool = False) -> list[Finding]:
    """A fault for every item that would not go out with the others. ``own_text``: the campaign brings a text of its own."""
    found = [_no_kind(row) for row in rows if row.kind not in SAYS]
    counts = Counter(row.kind for row in rows)
    counts["text"] += own_text and counts["text"] > 0
    found += [_only_one(kind, [row for row in rows if row.kind == kind], own_text) for kind in _ONE if counts[kind] > 1]
    if counts["template"]:
        found += [_beside(_called(row), "template") for row in rows if row.kind in SAYS and row.kind != "template"]
        found += [_beside(OWN_TEXT, "template")] if own_text else []
    elif counts["link"] and not counts["article"]:
        found += [_beside(_called(row), "link") for row in rows if row.kind == "picture"]
    return found


def _no_kind(row: ItemRow) -> Finding:
    zh, en = KINDS[row.kind]
    message = (f"“{shown(row.title)}”是{zh}，现在还不能群发", f"'{shown(row.title)}' is a {en}, which cannot be sent yet")
    remedy = (
        f"能群发的是{_listed(zh for zh, _ in CONTENT.values())}；去掉这一项，或导出后在平台后台发送",
        f"what can be sent: {', '.join(en for _, en in CONTENT.values())}; take it out, or export it and send it on the platform",
    )
    return block("item_kind", "items", message, remedy)


def _only_one(kind: str, rows: Sequence[ItemRow], own_text: bool) -> Finding:
    zh, en = KINDS[kind]
    names = _listed(f"“{shown(row.title, 30)}”" for row in rows)
    if own_text and kind == "text":
        message = (
            f"填写了文字，又选了文字素材{names}，只能发其中一个",
            f"a text was written and picked too ({names}); only one goes out",
        )
    else:
        message = (
            f"一次活动只能发一个{zh}，选了 {len(rows)} 个：{names}",
            f"a campaign says one {en}; {len(rows)} were picked: {names}",
        )
    return block("item_count", "items", message, ("留一个，其余另建活动", "keep one, and make other campaigns of the rest"))


def _called(row: ItemRow) -> Words:
    return f"“{shown(row.title)}”", f"'{shown(row.title)}'"


def _beside(other: Words, kind: str) -> Finding:
    zh, en = KINDS[kind]
    message = (f"{zh}不能和{other[0]}一起发", f"a {en} does not go out together with {other[1]}")
    return block("item_beside", "items", message, (f"{zh}另建一个活动", f"make a campaign of its own for the {en}"))


def _listed(words: Iterable[str]) -> str:
    return "、".join(words)
