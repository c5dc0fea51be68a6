"""campaign.yaml → ``CampaignDraft``, with every fault of the file and of the files it names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from saas.channels import Finding
from saas.content.articles import read_article
from saas.content.draft import KINDS, ArticleSource, Audience, CampaignDraft, CampaignKind, LinkSource, Schedule, TemplateSource
from saas.content.faults import Words, shown
from saas.content.files import Files
from saas.content.links import link_fault
from saas.content.lists import check_keys, check_recipients, placeholders, read_accounts
from saas.content.paths import find_file
from saas.content.patience import OPTIONS, option_fault
from saas.content.strict_yaml import Fields, read_mapping
from saas.content.templates import places_of, read_template
from saas.content.text_files import read_text
from saas.content.timing import TimingError, read_lateness, read_schedule

NAME = "campaign.yaml"
KEYS = (
    "name", "kind", "marketing", "articles", "text", "link", "images", "template", "accounts", "audience",
    "recipients", "schedule", "max_lateness", "options",
)  # fmt: skip
_NEEDS: dict[str, str] = {"articles": "articles", "text": "text", "image": "images", "link": "link", "template": "template"}
MAX_ARTICLE_FILES = 50


def read_campaign(files: Files, found: list[Finding]) -> CampaignDraft | None:
    """The draft of a folder, or None when campaign.yaml is missing or cannot be read."""
    text = read_text(files, NAME, found)
    fields = read_mapping(text, NAME, 1, found) if text is not None else None
    return _Reader(files, fields, found).draft() if fields else None


class _Reader:
    """Reads the keys one by one; each method returns the value and reports what is wrong with it."""

    def __init__(self, files: Files, fields: Fields, found: list[Finding]) -> None:
        self.files, self.fields, self.found = files, fields, found

    def draft(self) -> CampaignDraft:
        self.fields.refuse_unknown(KEYS)
        kind = self._kind()
        template = read_template(self.fields)
        recipients, count = self._recipients(template)
        accounts = self._accounts()
        return CampaignDraft(
            name=self._name(),
            kind=kind,
            marketing=self.fields.flag("marketing", default=True),
            articles=self._articles(),
            articles_listed=len(self.fields.texts("articles") or []),
            text=self.fields.text("text"),
            link=self._link(),
            images=self._images(),
            template=template,
            accounts=tuple(accounts),
            account_places=accounts,
            audience=self._audience(recipients),
            recipients=recipients,
            recipient_count=count,
            schedule=self._timed("schedule", read_schedule, Schedule()),
            max_lateness=self._timed("max_lateness", read_lateness, None),
            options=self._options(),
            lines=dict(self.fields.lines),
        )

    def _need(self, key: str, message: Words, remedy: Words) -> None:
        self.fields.fault("key_missing", key, message, remedy, line=self.fields.lines.get(key, 1))

    def _name(self) -> str:
        name = self.fields.text("name")
        if not name:
            self._need("name", ("活动没有名字", "the campaign has no name"), ("写一行 name: 活动名", "write a line name: …"))
        elif len(name) > 200:
            over = len(name) - 200
            message = (f"活动名超出 {over} 个字（最多 200）", f"the name is {over} characters too long (at most 200)")
            self.fields.fault("name_chars", "name", message, ("缩短活动名", "shorten it"))
        return name

    def _kind(self) -> CampaignKind:
        kind = self.fields.text("kind")
        known = ", ".join(KINDS)
        if kind not in KINDS:
            message = (
                ("没有写 kind", "kind is missing")
                if not kind
                else (f"不认识的 kind：{shown(kind)}", f"unknown kind {shown(kind)}")
            )
            self._need("kind", message, (f"写 {known} 之一", f"write one of {known}"))
            return next((k for k in KINDS if _NEEDS[k] in self.fields), "text")
        if _NEEDS[kind] not in self.fields:
            key = _NEEDS[kind]
            self._need(
                key, (f"kind 是 {kind}，却没有 {key}", f"kind is {kind}, but {key} is missing"), (f"写上 {key}", f"write {key}")
            )
        return kind

    def _articles(self) -> tuple[ArticleSource, ...]:
        listed = (self.fields.texts("articles") or [])[:MAX_ARTICLE_FILES]
        articles: list[ArticleSource] = []
        first: dict[str, int] = {}
        for written, line in listed:
            name, fault = find_file(self.files, written, self.fields.place("articles"), line)
            self.found.extend([fault] if fault else [])
            if name and name in first:
                message = (f"文章 {shown(written)} 写了两次", f"the article {shown(written)} is listed twice")
                self.fields.fault("article_doubled", "articles", message, ("只留一次", "keep one"), line)
                continue
            first[name] = line
            article = read_article(self.files, name, self.found) if name else None
            articles.extend([article] if article else [])
        return tuple(articles)

    def _link(self) -> LinkSource | None:
        inner = self.fields.mapping("link")
        if inner is None:
            return None
        inner.refuse_unknown(("title", "description", "url", "image"))
        title, url, image = inner.text("title"), inner.text("url"), inner.text("image")
        if not title:
            inner.fault(
                "key_missing",
                "title",
                ("链接没有标题", "the link has no title"),
                ("写 title", "write title"),
                self.fields.lines["link"],
            )
        fault = link_fault(url) if url else None
        if not url:
            inner.fault(
                "key_missing",
                "url",
                ("链接没有地址", "the link has no url"),
                ("写 url: https://…", "write url: https://…"),
                self.fields.lines["link"],
            )
        elif fault:
            inner.fault(fault.rule, "url", fault.message, ("换成公开网站的 https 地址", "use the https address of a public site"))
        if image:
            image, missing = find_file(self.files, image, inner.place("image"), inner.lines["image"])
            self.found.extend([missing] if missing else [])
        return LinkSource(title, url, inner.text("description"), image)

    def _images(self) -> tuple[str, ...]:
        names: list[str] = []
        for written, line in self.fields.texts("images") or []:
            name, fault = find_file(self.files, written, self.fields.place("images"), line)
            self.found.extend([fault] if fault else [])
            names.extend([name] if name else [])
        return tuple(names)

    def _accounts(self) -> dict[str, tuple[str, int]]:
        listed = self.fields.texts("accounts")
        if not listed:
            self._need(
                "accounts",
                ("没有写发给哪些账号", "no accounts are named"),
                ("写 accounts: accounts.csv", "write accounts: accounts.csv"),
            )
            return {}
        where, rows = self.fields.place("accounts"), [(line, key) for key, line in listed]
        if not self.fields.is_list("accounts") and listed[0][0].lower().endswith(".csv"):
            where, fault = find_file(self.files, listed[0][0], where, listed[0][1])
            self.found.extend([fault] if fault else [])
            rows = read_accounts(self.files, where, self.found) if where else []
            if where and not rows:
                self._need(
                    "accounts",
                    (f"{where} 里一个账号都没有", f"{where} names no account"),
                    ("每行写一个 key", "write one key a line"),
                )
        return {key: (where, line) for key, line in check_keys(rows, where, self.found).items()}

    def _audience(self, recipients: str) -> Audience:
        if recipients:
            return Audience("ids")
        inner = self.fields.mapping("audience") if self.fields.is_mapping("audience") else None
        if inner is None:
            word = self.fields.text("audience", "all")
            if word == "page":
                return Audience("page")
            if word not in ("all", ""):
                self.fields.fault(
                    "audience",
                    "audience",
                    (f"不认识的 audience：{shown(word)}", f"unknown audience {shown(word)}"),
                    _AUDIENCE_REMEDY,
                )
            return Audience()
        inner.refuse_unknown(("tag", "ids"))
        if "tag" in inner and "ids" not in inner and inner.text("tag"):
            return Audience("tag", (inner.text("tag"),))
        ids = [key for key, _ in inner.texts("ids") or [] if key] if "tag" not in inner else []
        if not ids:
            self.fields.fault(
                "audience",
                "audience",
                ("audience 要写一个 tag，或一列 ids", "audience needs one tag, or a list of ids"),
                _AUDIENCE_REMEDY,
            )
        return Audience("ids", tuple(dict.fromkeys(ids)))

    def _recipients(self, template: TemplateSource | None) -> tuple[str, int]:
        written = self.fields.text("recipients")
        needed = placeholders(places_of(template)) if template else set()
        if not written:
            if needed:
                columns = ", ".join(sorted(needed))
                message = (f"模板用到 {columns}，却没有 recipients", f"the template uses {columns}, but recipients is missing")
                self._need("recipients", message, ("写 recipients: recipients.csv", "write recipients: recipients.csv"))
            return "", 0
        name, fault = find_file(self.files, written, self.fields.place("recipients"), self.fields.lines["recipients"])
        self.found.extend([fault] if fault else [])
        return name, check_recipients(self.files, name, needed, self.found) if name else 0

    def _timed(self, key: str, read: Callable[[str], Any], default: Any) -> Any:
        raw = self.fields.text(key)
        if not raw:
            return default
        try:
            return read(raw)
        except TimingError as error:
            self.fields.fault(
                key, key, (f"{shown(raw)}：{error.message[0]}", f"{shown(raw)}: {error.message[1]}"), _TIME_REMEDIES[key]
            )
            return default

    def _options(self) -> dict[str, str]:
        inner = self.fields.mapping("options")
        if inner is None:
            return {}
        inner.refuse_unknown(OPTIONS)
        options = {key: inner.text(key) for key in OPTIONS if key in inner}
        for key, raw in options.items():
            fault = option_fault(key, raw)
            if fault:
                message = (f"{shown(raw)}：{fault[0]}", f"{shown(raw)}: {fault[1]}")
                inner.fault(key, key, message, _OPTION_REMEDIES[key])
        return options


_AUDIENCE_REMEDY: Words = (
    "写 all，或 tag: 标签名，或 ids: [..]，或 page（只发表到主页）",
    "write all, or tag: name, or ids: [..], or page (published on the account's page, nobody notified)",
)
_OPTION_REMEDIES: dict[str, Words] = {
    "remind_after": ("写 2h，或 2h, 6h（最多 3 次）", "write 2h, or 2h, 6h (at most 3)"),
    "confirm_within": ("写 30m、24h 或 3d", "write 30m, 24h or 3d"),
}
_TIME_REMEDIES: dict[str, Words] = {
    "schedule": ("写 now、best 或 2026-03-01T19:30（北京时间）", "write now, best or 2026-03-01T19:30 (Asia/Shanghai)"),
    "max_lateness": ("写 30m、2h 或 1d", "write 30m, 2h or 1d"),
}
