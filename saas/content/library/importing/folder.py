"""A folder or zip into a batch: a campaign folder as it is, or any folder of Markdown, HTML, DOCX, pictures, videos and voice."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import Any

from saas.channels import Finding
from saas.content.articles import read_article
from saas.content.campaign import NAME, read_campaign
from saas.content.draft import ArticleSource, CampaignDraft, Variant
from saas.content.faults import note, shown, warn
from saas.content.files import Files
from saas.content.library.bodies import clean, taken_out
from saas.content.library.importing.batch import Batch, data_of, file_of
from saas.content.library.importing.document import read_document
from saas.content.library.importing.material import read_material
from saas.content.library.importing.page import read_page
from saas.content.library.importing.rewriting import with_hashes
from saas.content.rendering import render_article
from saas.content.text_files import read_text
from saas.content.written import parts_of
from saas.kernel.errors import Invalid

ARTICLES = (".md", ".markdown", ".html", ".htm")
PICTURES = (".jpg", ".jpeg", ".png", ".gif")
MEDIA = (".mp4", ".mp3", ".amr", ".m4a", ".wav")
MATERIAL = "material/"
MOST_TOLD = 20
_FRONT = "---"


def read_into(files: Files, batch: Batch) -> None:
    """Everything of a folder that can be kept, articles in the order campaign.yaml gives, else by name."""
    names = files.names()
    draft = _campaign(files, names)
    listed = [article.file for article in draft.articles] if draft else []
    others = [name for name in names if name.lower().endswith(ARTICLES) and name not in listed and not name.startswith(MATERIAL)]
    for name in [*listed, *others]:
        _article(files, name, batch)
    for name in names:
        if name.lower().endswith(".docx"):
            read_document(data_of(files, name, batch), name, batch)
        elif name.lower().endswith((*PICTURES, *MEDIA)) and not name.startswith(MATERIAL):
            file_of(files, name, batch)
    if draft:
        _campaign_texts(draft, files, batch)
    batch.notes += _left_out(names, draft)
    read_material(files, [name for name in names if name.startswith(MATERIAL)], batch)


def _left_out(names: list[str], draft: CampaignDraft | None) -> list[Finding]:
    """What the library has no place for is told, the first twenty by name."""
    known = (*ARTICLES, ".docx", *PICTURES, *MEDIA, *((".csv",) if draft else ()))
    left = [name for name in names if not name.lower().endswith(known) and not name.startswith(MATERIAL)]
    left = [name for name in left if name != NAME and not posixpath.basename(name).startswith(".")]
    remedy = ("压缩包先解开；图片存为 JPG、PNG 或 GIF", "unpack archives first; save pictures as JPG, PNG or GIF")
    more = "" if len(left) <= MOST_TOLD else f" (+{len(left) - MOST_TOLD})"
    return [
        warn("file_left_out", name, (f"{shown(name)} 没有带进来{more}", f"{shown(name)} was not taken in{more}"), remedy)
        for name in left[:MOST_TOLD]
    ]


def _campaign(files: Files, names: list[str]) -> CampaignDraft | None:
    return read_campaign(files, []) if NAME in names else None


def _article(files: Files, name: str, batch: Batch) -> None:
    if name.lower().endswith((".html", ".htm")) and not _has_front(files, name):
        read_page(data_of(files, name, batch), name, batch, files)
        return
    found: list[Finding] = []
    article = read_article(files, name, found)
    batch.notes += [one for one in found if not _expected(one)]
    if article is None:
        return
    try:
        content = article_content(article, files, batch)
    except Invalid as error:
        batch.refuse(error, name)
        return
    batch.bring("article", content, name, article.tags)


def _has_front(files: Files, name: str) -> bool:
    text = read_text(files, name, [])
    return text is not None and text.startswith(_FRONT)


def _expected(finding: Finding) -> bool:
    """What is no fault of material: it may have no cover yet, no title, keys of the writer's own."""
    return finding.rule in ("cover_missing", "title_missing", "body_missing", "unknown_key")


def article_content(article: ArticleSource, files: Files, batch: Batch) -> dict[str, Any]:
    """The content of an article's item; its pictures are laid aside and named by their hash."""
    hashes = _pictures(article, files, batch)
    content = {
        "title": article.title or posixpath.splitext(posixpath.basename(article.file))[0],
        "author": article.author,
        "digest": article.digest,
        "cover": _cover(article.cover, article.crops, files, batch),
        "footer": clean(article.footer, "footer", hashes),
        "original": article.original,
        "source_url": article.source_url if not _bad_link(article, batch) else "",
        "comments": article.comments,
        "variants": {key: _variant(own, hashes, files, batch) for key, own in article.variants.items()},
        **_body(article, hashes),
    }
    batch.notes += [Finding(n.rule, n.severity, article.file, n.message, n.remedy) for n in _cleaned(article, content)]
    return content


def _bad_link(article: ArticleSource, batch: Batch) -> bool:
    return any(found.where == f"{article.file}: source_url" and found.severity == "block" for found in batch.notes)


def _cleaned(article: ArticleSource, content: Mapping[str, Any]) -> list[Finding]:
    return taken_out(article.body, content["body"]) if article.form == "html" else []


def _body(article: ArticleSource, hashes: Mapping[str, str]) -> dict[str, Any]:
    """The HTML, and the Markdown it was made from as long as that says the same."""
    if article.form == "html":
        return {"body": clean(article.body, pictures=hashes)}
    named = with_hashes(article.body, hashes)
    if named is None:
        return {"body": clean(render_article(article.body, hashes))}
    return {"body": markdown_body(named), "source": {"markdown": named}}


def markdown_body(markdown: str) -> str:
    """The HTML that Markdown makes whose pictures are named ``media:SHA256``."""
    addresses = {image.value: image.value.removeprefix("media:") for image in parts_of(ArticleSource("", body=markdown))[1]}
    return clean(render_article(markdown, {a: sha for a, sha in addresses.items() if a != sha}))


def _pictures(article: ArticleSource, files: Files, batch: Batch) -> dict[str, str]:
    hashes: dict[str, str] = {}
    for written, name in article.pictures.items():
        kept = file_of(files, name, batch)
        if kept:
            hashes[written] = kept.sha256
    return hashes


def _cover(name: str, crops: Mapping[str, str], files: Files, batch: Batch) -> dict[str, Any] | None:
    kept = file_of(files, name, batch) if name else None
    if kept is None or kept.kind != "picture":
        return None
    numbers = {key: [float(part) for part in written.split()] for key, written in crops.items()}
    return {"sha256": kept.sha256, "focus": numbers.pop("focus", None), "crops": numbers}


def _variant(own: Variant, hashes: Mapping[str, str], files: Files, batch: Batch) -> dict[str, Any]:
    cover = _cover(own.cover, own.crops, files, batch)
    return {"title": own.title, "digest": own.digest, "cover": cover, "footer": clean(own.footer, "footer", hashes)}


def _campaign_texts(draft: CampaignDraft, files: Files, batch: Batch) -> None:
    """What a campaign says besides articles."""
    if draft.text:
        batch.bring("text", {"text": draft.text}, NAME)
    if draft.link and draft.link.url and draft.link.title:
        image = _cover(draft.link.image, {}, files, batch)
        link = {"title": draft.link.title, "url": draft.link.url, "description": draft.link.description, "image": image}
        batch.bring("link", link, NAME)
    if draft.template and (draft.template.by == "subscription" or draft.template.mini_program):
        message = (
            "订阅通知、打开小程序的模板素材库放不下，没有导入",
            "a notice, or a template that opens a mini program, was not imported",
        )
        batch.notes.append(note("template", NAME, message, ("留在活动文件夹里发送", "send it from its campaign folder")))
    elif draft.template and draft.template.id and draft.template.data:
        template = {"title": draft.name, "id": draft.template.id, "url": draft.template.url, "data": dict(draft.template.data)}
        batch.bring("template", template, NAME)
    if draft.recipients:
        message = ("收件人名单不是素材，没有导入", "a list of recipients is no material and was not imported")
        batch.notes.append(note("recipients", NAME, message, ("不需要做什么", "nothing to do")))
