"""What all check packs say of a text, and of a campaign's texts for the trades of the clients it goes to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from saas.channels import Article, Finding, Message, Passage
from saas.channels.checks import Checks
from saas.content.draft import CampaignDraft
from saas.content.messages import texts_of
from saas.review.compliance.packs import checks


@dataclass(frozen=True, slots=True)
class Hearing:
    """One account that will say it: its message, and the trades of its client."""

    key: str
    message: Message
    trades: frozenset[str] = frozenset()


def check_text(text: str, where: str, first_line: int = 0, trades: Collection[str] = (), day: date = date.max) -> list[Finding]:
    """A finding for each entry of the packs and each line it stands on, with every place marked.

    ``first_line`` is the line of the file on which ``text`` begins; 0 for a text that has no lines of its own.
    Marks are offsets into ``text`` as given, whatever was normalised away in between.
    """
    passage = Passage(text, where, first_line)
    found = checks().findings(Message("text", text=text), [passage], trades, day)
    return sorted(found, key=lambda f: (f.line, f.marks))


def passages_of(draft: CampaignDraft) -> list[Passage]:
    """Everything a reader will see, with its places."""
    return [Passage(text, where, line) for text, where, line in texts_of(draft)]


def campaign_findings(
    draft: CampaignDraft, hearings: Sequence[Hearing], day: date, packs: Checks | None = None
) -> list[tuple[Finding, list[str]]]:
    """What the packs find, each with the keys of the accounts it holds for; no keys where it holds for all.

    The texts are read once for each set of trades and each kind of message. Without a hearing they are read all the same.
    """
    packs, passages = packs or checks(), passages_of(draft)
    groups: dict[tuple[frozenset[str], str], list[Hearing]] = {}
    for hearing in hearings or [Hearing("", _plain(draft))]:
        groups.setdefault((hearing.trades, hearing.message.kind), []).append(hearing)
    found: dict[Finding, list[str]] = {}
    for (trades, _), group in groups.items():
        for finding in packs.findings(group[0].message, passages, trades, day):
            found.setdefault(finding, []).extend(hearing.key for hearing in group)
    graver = {_place(finding) for finding in found if finding.severity != "note"}
    told = [(f, keys) for f, keys in found.items() if f.severity != "note" or _place(f) not in graver]
    return [(finding, [] if len(keys) >= max(1, len(hearings)) else keys) for finding, keys in told]


def _place(finding: Finding) -> object:
    return finding.rule, finding.where, finding.line, finding.marks


def _plain(draft: CampaignDraft) -> Message:
    """The draft as a message without its looks, for what is true whatever the account."""
    articles = tuple(Article(article.title, "", article.author, article.digest) for article in draft.articles)
    return Message(draft.kind, articles=articles, text=draft.text)
