"""From a draft to what one account says: the content it accepts, its pictures fitted, its limits measured.

Pure: ``choose`` and ``build_message`` take values and give values; the only thing read is the folder's files. A caller
that builds for many accounts hands the same ``Workbench`` to each call, so every picture is fitted and every article
rendered once for each set of limits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from saas.channels import AccountKind, Article, Finding, Limits, Link, Message, MiniProgram, Picture, Route, Template
from saas.channels.channel import ContentKind
from saas.content.draft import ArticleSource, CampaignDraft, TemplateSource
from saas.content.faults import Words, block, in_file, note
from saas.content.files import Files
from saas.content.fitting import Fit
from saas.content.library.bodies import words_of
from saas.content.measures import measure
from saas.content.shelf import FitCache, PictureShelf, as_picture, at, fitting_note
from saas.content.theme import LEAN, PLAIN, Theme
from saas.content.variants import crops_for
from saas.content.written import html_in, parts_of, words_in

JPEG_PNG = frozenset({"image/jpeg", "image/png"})
WITH_GIF = JPEG_PNG | {"image/gif"}
_ORDER: dict[str, tuple[ContentKind, ...]] = {
    "articles": ("articles", "link", "text", "image"),
    "text": ("text",),
    "link": ("link", "text"),
    "image": ("image", "text"),
    "template": ("template",),
}
_NOTICE: tuple[ContentKind, ...] = ("notice",)
_ASSISTED: tuple[ContentKind, ...] = ("link", "text", "articles", "image")


@dataclass(frozen=True, slots=True)
class Choice:
    """What an account will say and on which route. ``fits_audience`` False: the route takes another form of audience."""

    content: ContentKind
    route: Route
    fits_audience: bool = True


@dataclass(frozen=True, slots=True)
class BuiltMessage:
    """What one account says, the bytes of its pictures by SHA-256, and what was found. Blocked messages are not sent."""

    message: Message
    blobs: Mapping[str, bytes]
    findings: tuple[Finding, ...] = ()

    @property
    def blocked(self) -> bool:
        """Whether a finding stops this account."""
        return any(finding.severity == "block" for finding in self.findings)


@dataclass(slots=True)
class Workbench:
    """What building for many accounts of one folder shares. ``fits`` may outlive it."""

    files: Files
    fits: FitCache = field(default_factory=dict)
    theme: Theme = PLAIN
    shelf: PictureShelf = field(init=False)
    _html: dict[tuple[object, ...], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.shelf = PictureShelf(self.files, self.fits)

    def html(self, source: ArticleSource, pictures: Mapping[str, str], lean: bool = False) -> str:
        """The article's HTML, rendered once for the same pictures."""
        key = (source.file, source.body, source.footer, lean, *sorted(pictures.items()))
        if key not in self._html:
            self._html[key] = html_in(source, pictures, LEAN if lean else self.theme)
        return self._html[key]


def choose(draft: CampaignDraft, kind: AccountKind) -> Choice | None:
    """What an account of this kind says of this draft, or None when it accepts nothing the draft holds.

    Articles where they are accepted; else the link, else the text, else pictures. Assisted kinds prefer a link with text,
    which a person can paste. Routes that take the draft's form of audience come first.
    """
    order = _NOTICE if _by_subscription(draft) else _ORDER[draft.kind]
    if kind.assisted and draft.kind == "articles":
        order = _ASSISTED
    held = [content for content in order if _holds(draft, content)]
    for audience, fits in ((draft.audience.form, True), (None, False)):
        for content in held:
            route = next((r for r in kind.routes if content in r.content and audience in (None, *r.audience)), None)
            if route:
                return Choice(content, route, fits)
    return None


def _by_subscription(draft: CampaignDraft) -> bool:
    """Chosen by the writer's own word alone: a template message never goes out as a notice, nor the other way round."""
    return draft.kind == "template" and draft.template is not None and draft.template.by == "subscription"


def _holds(draft: CampaignDraft, content: str) -> bool:
    template = draft.template
    held = {"articles": draft.articles, "link": draft.link, "text": draft.text, "image": draft.images}
    return bool({**held, "template": template, "notice": template}[content])


def build_message(draft: CampaignDraft, content: ContentKind, limits: Limits, bench: Workbench) -> BuiltMessage:
    """The message of one account: ``content`` as ``choose`` gave it, ``limits`` those of the chosen route now.

    Nothing is cut: what is over a limit is a blocking finding that says by how much. Pictures are fitted to the rules
    ``cover_bytes/width``, ``body_picture_bytes/width``, ``link_picture_bytes/width``, ``picture_bytes/width/height``.
    """
    builder = _Builder(draft, limits, bench)
    message = builder.message(content)
    return BuiltMessage(message, builder.blobs, (*builder.found, *measure(message, draft, limits)))


def picture_fit(limits: Limits, use: str, formats: frozenset[str] = JPEG_PNG, default_width: int = 0) -> Fit:
    """The limits of a picture for a use (``cover``, ``body_picture``, ``link_picture``, ``picture``), strictest first."""

    def amount(what: str, default: int) -> int:
        for name in (f"{use}_{what}", f"picture_{what}"):
            found = [rule.amount for rule in limits.content if rule.name == name]
            if found:
                return min(found)
        return default

    return Fit(amount("bytes", 2_000_000), amount("width", default_width), amount("height", 0), formats)


class _Builder:
    """Builds one message and gathers its pictures and findings."""

    def __init__(self, draft: CampaignDraft, limits: Limits, bench: Workbench) -> None:
        self.draft, self.limits, self.bench = draft, limits, bench
        self.blobs: dict[str, bytes] = {}
        self.found: list[Finding] = []

    def message(self, content: ContentKind) -> Message:
        draft = self.draft
        match content:
            case "articles":
                return Message("articles", articles=tuple(self._article(a) for a in draft.articles))
            case "link":
                return Message("link", text=draft.text, link=self._link())
            case "image":
                use = picture_fit(self.limits, "picture", WITH_GIF)
                line = draft.lines.get("images", 0)
                images = [self._picture(name, use, "campaign.yaml: images", line) for name in draft.images]
                return Message("image", text=draft.text, images=tuple(p for p in images if p))
            case "template" | "notice" if draft.template:
                return Message(content, template=_template(draft.template))
            case _:
                return Message("text", text=draft.text)

    def _link(self) -> Link | None:
        link = self.draft.link
        if link is None:
            return None
        use = picture_fit(self.limits, "link_picture", default_width=900)
        line = self.draft.lines.get("link", 0)
        image = self._picture(link.image, use, "campaign.yaml: link.image", line) if link.image else None
        return Link(link.title, link.url, link.description, image)

    def _picture(self, name: str, use: Fit, where: str, line: int, alt: str = "") -> Picture | None:
        fitted = self.bench.shelf.fitted(name, use)
        if isinstance(fitted, Finding):
            self.found.append(at(fitted, where, line))
            return None
        told = fitting_note(fitted, name, where, line)
        self.found.extend([told] if told else [])
        self.blobs[fitted.sha256] = fitted.data
        return as_picture(fitted, name, alt)

    def _article(self, source: ArticleSource) -> Article:
        body = picture_fit(self.limits, "body_picture", default_width=900)
        cover = picture_fit(self.limits, "cover", default_width=1800)
        self._need_cover(source)
        picture = (
            self._picture(source.cover, cover, in_file(source.file, "cover"), source.lines.get("cover", 0))
            if source.cover
            else None
        )
        pictures = self._body_pictures(source, body)
        return Article(
            title=source.title,
            html=self._html(source, {written: p.sha256 for written, p in pictures}),
            author=source.author,
            digest=source.digest,
            cover=picture,
            original=source.original,
            source_url=source.source_url,
            comments=source.comments,
            pictures=tuple({p.sha256: p for _, p in pictures}.values()),
            crops=crops_for(source, picture.width, picture.height) if picture else {},
        )

    def _need_cover(self, source: ArticleSource) -> None:
        if source.written_cover or self.limits.content_rule("cover_required") == 0:
            return
        message: Words = ("这篇文章没有封面", "this article has no cover")
        remedy: Words = (
            "在文件开头写 cover: images/….jpg（900×500 以上）",
            "write cover: images/….jpg at the top (900×500 or more)",
        )
        self.found.append(block("cover_missing", in_file(source.file, "cover"), message, remedy, 1))

    def _body_pictures(self, source: ArticleSource, use: Fit) -> list[tuple[str, Picture]]:
        placed = parts_of(source)[1]
        pictures: list[tuple[str, Picture]] = []
        for image in placed:
            name = source.pictures.get(image.value)
            picture = self._picture(name, use, source.file, image.line, image.text) if name else None
            pictures.extend([(image.value, picture)] if picture else [])
        return pictures

    def _html(self, source: ArticleSource, pictures: Mapping[str, str]) -> str:
        """The HTML, in the lean theme when the full one alone would break the limit on characters of markup."""
        html = self.bench.html(source, pictures)
        most = min([r.amount for r in self.limits.content if r.name in ("html_chars", "body_chars")], default=0)
        if not most or len(html) <= most:
            return html
        lean = self.bench.html(source, pictures, lean=True)
        if source.form == "markdown" and len(lean) <= most:
            message: Words = ("排版代码太长，改用精简样式", "the markup was too long, so the lean styles are used")
            self.found.append(note("theme_lean", source.file, message, ("不需要做什么", "nothing to do"), source.line))
        return lean


def _template(source: TemplateSource) -> Template:
    opened = source.mini_program
    mini_program = MiniProgram(opened["appid"], opened.get("path", "")) if opened.get("appid") else None
    return Template(source.id, dict(source.data), source.url, mini_program)


def texts_of(draft: CampaignDraft) -> Sequence[tuple[str, str, int]]:
    """(text, where, line) of everything a reader will see, for word checks: campaign texts, then each article's parts."""
    told = [(draft.text, "campaign.yaml: text", draft.lines.get("text", 0))]
    if draft.link:
        line = draft.lines.get("link", 0)
        told += [
            (draft.link.title, "campaign.yaml: link.title", line),
            (draft.link.description, "campaign.yaml: link.description", line),
        ]
    if draft.template:
        told += [(v, f"campaign.yaml: template.data.{k}", draft.lines.get("template", 0)) for k, v in draft.template.data.items()]
    for article in draft.articles:
        told += [
            (getattr(article, key), in_file(article.file, key), article.lines.get(key, 1))
            for key in ("title", "digest", "author")
        ]
        told.append((words_in(article) if article.form == "html" else article.body, article.file, article.line))
        told += [*_alt_texts(article), *_variant_texts(article)]
    return [(text, where, line) for text, where, line in told if text]


def _alt_texts(article: ArticleSource) -> list[tuple[str, str, int]]:
    """What stands for pictures, where it is not among the words of the body already."""
    placed = [image for image in parts_of(article)[1] if image.text and f"![{image.text}]" not in article.body]
    return [(image.text, in_file(article.file, "alt"), image.line) for image in placed]


def _variant_texts(article: ArticleSource) -> list[tuple[str, str, int]]:
    """Footers, and what single accounts say otherwise."""
    line = article.lines.get("variants", 1)
    told = [(words_of(article.footer), in_file(article.file, "footer"), article.lines.get("footer", 1))]
    for key, own in article.variants.items():
        place = in_file(article.file, f"variants.{key}")
        told += [(own.title, f"{place}.title", line), (own.digest, f"{place}.digest", line)]
        told.append((words_of(own.footer), f"{place}.footer", line))
    return told
