"""Pictures as a post of their own (贴图, ``article_type`` *newspic*): the words' first line is its title, the rest its text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from saas.channels import Finding, Limits, Message

TITLE_CHARS = "post_title_chars"
DOCS = "D/service/api/draftbox/draftmanage/api_draft_add"


def is_post(message: Message) -> bool:
    """Whether it is pictures with a title, of which a draft can be made."""
    return message.kind == "image" and bool(message.images) and bool(_parts(message)[0])


def titles(message: Message) -> list[str]:
    """What stands over each part of a publication, as the platform lists it."""
    return [article.title.strip() for article in message.articles] if message.kind == "articles" else [_parts(message)[0]]


def post(message: Message, materials: dict[str, str]) -> dict[str, Any]:
    """The post as ``draft/add`` takes it; the platform wants words, so a title without any is said twice."""
    title, words = _parts(message)
    pictures = [{"image_media_id": materials[picture.sha256]} for picture in message.images]
    comments = {"need_open_comment": 0, "only_fans_can_comment": 0}
    return {
        "article_type": "newspic",
        "title": title,
        "content": words or title,
        **comments,
        "image_info": {"image_list": pictures},
    }


def check_post(message: Message, limits: Limits) -> Iterator[Finding]:
    """The title, where the route makes a post of pictures."""
    most = limits.content_rule(TITLE_CHARS)
    if most is None or message.kind != "image":
        return
    title, _ = _parts(message)
    if not title:
        said = ("贴图须有标题", "pictures that are published need a title")
        yield Finding(
            TITLE_CHARS, "block", "text", said, ("在 text 的第一行写标题", "write it as the first line of text"), source=DOCS
        )
    elif len(title) > most:
        zh, en = (
            f"贴图标题超过 {most} 字（现 {len(title)}）",
            f"the title of the pictures is over {most} characters ({len(title)})",
        )
        yield Finding(
            TITLE_CHARS, "block", "text", (zh, en), ("缩短 text 的第一行", "shorten the first line of text"), source=DOCS
        )


def _parts(message: Message) -> tuple[str, str]:
    title, _, words = message.text.strip().partition("\n")
    return title.strip(), words.strip()
