"""Everything that is wrong with a campaign folder, in one run: texts, lists, paths, pictures, links, words, copies, limits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from zoneinfo import ZoneInfo

from saas.channels import AccountKind, Finding, Limits
from saas.content.articles import article_links
from saas.content.covers import cover_findings
from saas.content.draft import CampaignDraft
from saas.content.faults import Words, block, in_file, note, shown
from saas.content.files import Files
from saas.content.folder import FolderReading, in_order, read_folder
from saas.content.house import house_findings, house_limits
from saas.content.links import FoundLink, check_links
from saas.content.messages import BuiltMessage, Choice, Workbench, build_message, choose
from saas.content.shelf import FitCache, at
from saas.content.written import parts_of, words_in
from saas.kernel import clock
from saas.review.compliance.alternatives import alternative_findings
from saas.review.compliance.copies import fingerprint, near_prints
from saas.review.compliance.neighbours import neighbour_findings
from saas.review.compliance.ruling import FOLDER, Ruling
from saas.review.compliance.wording import Hearing, campaign_findings

_ZONE = ZoneInfo("Asia/Shanghai")
_PAGE_ONLY: tuple[Words, Words] = (
    (
        "只发表到账号主页：不通知任何粉丝，不占群发次数",
        "only published on the accounts' pages: nobody is notified, no mass send is used",
    ),
    ("要让粉丝收到，写 audience: all", "write audience: all if followers are to get it"),
)
AS_IT_STANDS = Ruling()
Corpus = Iterable[tuple[str, bytes]]
"""(label, fingerprint) of the articles the tenant sent before."""


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What a check needs to know of an account: its kind, its limits by route name, and its allow-list.

    ``allowed_domains`` None: the account keeps no list. ``trades`` are its client's; empty when nobody has told.
    """

    key: str
    kind: AccountKind
    limits: Mapping[str, Limits] = field(default_factory=dict)
    allowed_domains: tuple[str, ...] | None = None
    trades: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Checked:
    """The outcome of a check. ``messages`` and ``choices`` by account key, for every account that can say something.

    ``findings`` are all, in a stable order: campaign.yaml, then files by name, each by line.
    """

    campaign: CampaignDraft | None
    findings: list[Finding]
    messages: Mapping[str, BuiltMessage] = field(default_factory=dict)
    choices: Mapping[str, Choice] = field(default_factory=dict)
    fingerprints: Mapping[str, bytes] = field(default_factory=dict)
    files: Files | None = None

    @property
    def blocked(self) -> bool:
        """Whether a finding stops the send."""
        return any(finding.severity == "block" for finding in self.findings)


def check_folder(
    path: Path,
    known_accounts: Mapping[str, AccountFacts] | None = None,
    corpus: Corpus = (),
    fits: FitCache | None = None,
    day: date | None = None,
    ruling: Ruling = AS_IT_STANDS,
) -> Checked:
    """Check a campaign folder or zip. Never raises for what is in it.

    ``known_accounts`` None: nothing is known of accounts, so they are not looked up. ``corpus``: what was sent before.
    ``fits`` keeps fitted pictures for the next call. ``day``: when it goes out, where the folder names no time.
    ``ruling``: what the agency has changed of the rules.
    """
    reading = read_folder(path)
    if reading.campaign is None or reading.files is None:
        return Checked(None, reading.findings)
    run = _Check(reading, reading.campaign, reading.files, {} if fits is None else fits, ruling)
    return run.checked(known_accounts, list(corpus), _day(reading.campaign, day))


class _Check:
    """One run over one folder."""

    def __init__(self, reading: FolderReading, draft: CampaignDraft, files: Files, fits: FitCache, ruling: Ruling) -> None:
        self.draft, self.files, self.ruling = draft, files, ruling
        self.bench = Workbench(files, fits)
        self.found = list(reading.findings)
        self.messages: dict[str, BuiltMessage] = {}
        self.choices: dict[str, Choice] = {}

    def checked(self, known: Mapping[str, AccountFacts] | None, corpus: list[tuple[str, bytes]], day: date) -> Checked:
        self.found += house_findings(self.draft, house_limits(day, self.ruling.amounts(FOLDER)))
        self.found += self._pictures()
        prints = {a.file: fingerprint(words_in(a)) for a in self.draft.articles}
        self.found += self._copies(corpus, prints)
        self.found += check_links(links_of(self.draft), None)
        if known is not None:
            self.found += self._accounts(known)
        self.found += self._words(known or {}, day)
        self.found += alternative_findings(self.draft)
        return Checked(self.draft, in_order(_gravest(self.found)), self.messages, self.choices, prints, self.files)

    def _words(self, known: Mapping[str, AccountFacts], day: date) -> list[Finding]:
        """What the check packs find in all texts, for the trades of the clients that will say them."""
        hearings = [Hearing(key, built.message, known[key].trades) for key, built in self.messages.items()]
        told = campaign_findings(self.draft, hearings, day)
        return self.ruling.weighed(_named(finding, keys, 0) if keys else finding for finding, keys in told)

    def _pictures(self) -> list[Finding]:
        """Faults of every picture at every place that uses it, and covers too small for the feeds."""
        found: list[Finding] = []
        for name, where, line in _picture_uses(self.draft):
            reading = self.bench.shelf.reading(name)
            found += [at(finding, where, line) for finding in reading.findings]
            if where.endswith(": cover"):
                found += cover_findings(reading, where, line)
        return found

    def _copies(self, corpus: list[tuple[str, bytes]], prints: Mapping[str, bytes]) -> list[Finding]:
        found: list[Finding] = []
        earlier: list[tuple[str, bytes]] = []
        for article in self.draft.articles:
            known = near_prints(prints[article.file], [*corpus, *earlier], article.file, article.line)
            found += [finding for _, finding in known]
            found += neighbour_findings(self.files, article, prints[article.file])
            earlier.append((article.file, prints[article.file]))
        return found

    def _accounts(self, known: Mapping[str, AccountFacts]) -> list[Finding]:
        """Unknown accounts, and what each known one makes of the draft; the same fault of several is told once."""
        shared: dict[Finding, list[str]] = {}
        found: list[Finding] = []
        for key in self.draft.accounts:
            facts = known.get(key)
            if facts is None:
                found.append(_unknown(self.draft, key, known))
                continue
            for finding in self._account(facts):
                shared.setdefault(finding, []).append(key)
        return found + [_named(finding, keys, len(self.draft.accounts)) for finding, keys in shared.items()]

    def _account(self, facts: AccountFacts) -> list[Finding]:
        choice = choose(self.draft, facts.kind)
        if choice is None:
            return [_says_nothing(self.draft, facts)]
        built = build_message(
            self.draft.said_by(facts.key), choice.content, facts.limits.get(choice.route.name, Limits()), self.bench
        )
        self.messages[facts.key], self.choices[facts.key] = built, choice
        links = check_links(links_of(self.draft, choice.content), facts.allowed_domains)
        return [*built.findings, *links, *_audience(self.draft, facts, choice)]


def _day(draft: CampaignDraft, today: date | None) -> date:
    """The day it goes out, by the calendar of the platforms."""
    moment = draft.schedule.moment() or clock.now()
    return today if today and not draft.schedule.at else moment.astimezone(_ZONE).date()


def _picture_uses(draft: CampaignDraft) -> Iterator[tuple[str, str, int]]:
    """(name, where, line) of every picture that is there."""
    if draft.link and draft.link.image:
        yield draft.link.image, "campaign.yaml: link.image", draft.lines.get("link", 0)
    for name in draft.images:
        yield name, "campaign.yaml: images", draft.lines.get("images", 0)
    for article in draft.articles:
        if article.cover:
            yield article.cover, in_file(article.file, "cover"), article.lines.get("cover", 0)
        for key, own in article.variants.items():
            if own.cover:
                yield own.cover, in_file(article.file, f"variants.{key}: cover"), article.lines.get("variants", 0)
        for image in parts_of(article)[1]:
            if image.value in article.pictures:
                yield article.pictures[image.value], article.file, image.line


def links_of(draft: CampaignDraft, content: str = "") -> list[FoundLink]:
    """The links a message of that content carries; of the whole draft without one. What cannot go out was told already."""
    links: list[FoundLink] = []
    if content in ("", "articles"):
        links += [link for article in draft.articles for link in article_links(article)]
    if content in ("", "link") and draft.link and draft.link.url:
        links.append(FoundLink(draft.link.url, "campaign.yaml: link.url", draft.lines.get("link", 0)))
    if content in ("", "template", "notice") and draft.template and draft.template.url:
        url = draft.template.url.replace("{", "").replace("}", "")
        links.append(FoundLink(url, "campaign.yaml: template.url", draft.lines.get("template", 0)))
    return links


def _unknown(draft: CampaignDraft, key: str, known: Mapping[str, AccountFacts]) -> Finding:
    near = get_close_matches(key, list(known), n=1, cutoff=0.7)
    where, line = draft.account_places.get(key, ("campaign.yaml: accounts", draft.lines.get("accounts", 0)))
    hint: Words = (
        (f"是不是 {near[0]}？", f"did you mean {near[0]}?")
        if near
        else ("先添加这个账号，或删掉这一行", "add the account first, or delete this line")
    )
    return block("account_unknown", where, (f"没有账号 {shown(key)}", f"there is no account {shown(key)}"), hint, line)


def _says_nothing(draft: CampaignDraft, facts: AccountFacts) -> Finding:
    accepted = sorted({content for route in facts.kind.routes for content in route.content})
    listed = ", ".join(accepted)
    where, line = draft.account_places.get(facts.key, ("campaign.yaml: accounts", draft.lines.get("accounts", 0)))
    message = (
        f"{facts.key}（{facts.kind.title.zh}）不接受 {draft.kind}，活动里也没有它能发的内容",
        f"{facts.key} ({facts.kind.title.en}) does not take {draft.kind}, and the campaign holds nothing else it can say",
    )
    remedy = (f"给它写一份：{listed}；或去掉这个账号", f"add one of: {listed}; or leave this account out")
    return block("account_content", where, message, remedy, line)


def _audience(draft: CampaignDraft, facts: AccountFacts, choice: Choice) -> list[Finding]:
    """An account whose route takes another form of audience than the draft names; and that nobody is told, where that is so."""
    line = draft.lines.get("audience", 0)
    if choice.fits_audience:
        return [note("page_only", "campaign.yaml: audience", *_PAGE_ONLY, line)] if draft.audience.form == "page" else []
    forms = ", ".join(choice.route.audience)
    message = (
        f"{facts.key} 不能按 {draft.audience.form} 选人（可以：{forms}）",
        f"{facts.key} cannot choose its audience by {draft.audience.form} (it can by: {forms})",
    )
    remedy = ("改 audience，或把这个账号放进另一个活动", "change audience, or put this account into another campaign")
    return [block("audience_form", "campaign.yaml: audience", message, remedy, line)]


def _named(finding: Finding, keys: list[str], total: int) -> Finding:
    """The finding with the accounts it holds for, unless it holds for all or only informs of a picture."""
    if len(keys) == total or (finding.severity == "note" and finding.rule != "picture_fitted"):
        return finding
    listed = ", ".join(keys[:6]) + ("…" if len(keys) > 6 else "")
    return replace(finding, message=(f"{finding.message[0]}（{listed}）", f"{finding.message[1]} ({listed})"))


def _gravest(found: list[Finding]) -> list[Finding]:
    """Without what an account only repeats of the folder's own findings."""
    first: dict[tuple[str, str, int, str], Finding] = {}
    for finding in found:
        words = finding.message[1].split(" (")[0]
        first.setdefault((finding.rule, finding.where, finding.line, words), finding)
    return list(first.values())
