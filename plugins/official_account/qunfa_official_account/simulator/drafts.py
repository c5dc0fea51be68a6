"""The draft box: articles checked as the platform checks them, kept as files, gone after a successful mass send."""

from __future__ import annotations

import json
import re
import secrets
from pathlib import Path
from typing import Any

from qunfa_official_account.simulator.errmsg import Err
from qunfa_official_account.simulator.media import HOSTED, is_material
from qunfa_official_account.simulator.world import Answer, Call

ARTICLES, TITLE, AUTHOR, DIGEST, CONTENT, CONTENT_BYTES, SOURCE = 8, 64, 16, 128, 20_000, 1024 * 1024, 1024
PICTURES = 20
IMG = re.compile(r"""<img\b[^>]*?\bsrc\s*=\s*["']([^"']*)["'][^>]*>""", re.IGNORECASE)
SCRIPT = re.compile(r"<script\b.*?</script\s*>", re.IGNORECASE | re.DOTALL)
SAFE = re.compile(r"^[A-Za-z0-9_-]{1,128}$")


class Drafts:
    """Drafts as JSON files, a folder for each account."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, call: Call) -> Answer:
        """``draft/add``."""
        articles = call.body.get("articles")
        if not isinstance(articles, list) or not articles:
            raise Err(44003)
        if len(articles) > ARTICLES:
            raise Err(45008)
        items = [_checked(call, article) for article in articles]
        media_id = secrets.token_urlsafe(48)
        path = self._path(call.app_id, media_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"news_item": items}, ensure_ascii=False), encoding="utf-8")
        return {"media_id": media_id}

    def get(self, call: Call) -> Answer:
        """``draft/get``."""
        return {"news_item": self.articles(call.app_id, str(call.body.get("media_id", "")))}

    def delete(self, call: Call) -> Answer:
        """``draft/delete``."""
        media_id = str(call.body.get("media_id", ""))
        self.articles(call.app_id, media_id)
        self.consume(call.app_id, media_id)
        return {"errcode": 0, "errmsg": "ok"}

    def batch(self, call: Call) -> Answer:
        """``draft/batchget``: the newest first, at most twenty."""
        offset, count = call.body.get("offset"), call.body.get("count")
        if not isinstance(offset, int) or not isinstance(count, int) or offset < 0 or not 1 <= count <= 20:
            raise Err(40097)
        files = sorted((self._folder / call.app_id).glob("*.json"), key=lambda file: (-file.stat().st_mtime, file.name))
        items = [self._listed(file, bool(call.body.get("no_content"))) for file in files[offset : offset + count]]
        return {"total_count": len(files), "item_count": len(items), "item": items}

    def _listed(self, file: Path, bare: bool) -> dict[str, Any]:
        articles = json.loads(file.read_text(encoding="utf-8"))["news_item"]
        shown = [{key: value for key, value in one.items() if not (bare and key == "content")} for one in articles]
        for one in shown:
            one["thumb_url"] = f"http://mmbiz.qpic.cn/mmbiz_material/{str(one.get('thumb_media_id', ''))[:40]}/0"
        return {"media_id": file.stem, "content": {"news_item": shown}, "update_time": int(file.stat().st_mtime)}

    def count(self, call: Call) -> Answer:
        """``draft/count``."""
        return {"total_count": len(list((self._folder / call.app_id).glob("*.json")))}

    def articles(self, app_id: str, media_id: str) -> list[dict[str, Any]]:
        """The articles of a draft. Raises Err when it is gone."""
        path = self._path(app_id, media_id)
        if not path.exists():
            raise Err(40007)
        return list(json.loads(path.read_text(encoding="utf-8"))["news_item"])

    def consume(self, app_id: str, media_id: str) -> None:
        """A successful mass send, or a person, removes the draft."""
        self._path(app_id, media_id).unlink(missing_ok=True)

    def _path(self, app_id: str, media_id: str) -> Path:
        if not SAFE.match(media_id):
            raise Err(40007)
        return self._folder / app_id / f"{media_id}.json"


def _checked(call: Call, article: Any) -> dict[str, Any]:
    if not isinstance(article, dict):
        raise Err(47001)
    if article.get("article_type", "news") not in ("news", "newspic"):
        raise Err(40008)
    title, content = str(article.get("title", "")), str(article.get("content", ""))
    if not title or len(title) > int(call.record.get("title_limit", TITLE)):
        raise Err(45003)
    if not content.strip():
        raise Err(44004)
    if len(content) >= CONTENT or len(content.encode()) >= CONTENT_BYTES:
        raise Err(45002)
    _check_small(call, article)
    if article.get("article_type") == "newspic":
        _check_pictures(call, article)
        return article
    if not is_material(call, str(article.get("thumb_media_id", ""))):
        raise Err(40007)
    kept = IMG.sub(lambda found: found[0] if found[1].startswith(HOSTED) else "", SCRIPT.sub("", content))
    return {**article, "content": kept}


def _check_pictures(call: Call, article: dict[str, Any]) -> None:
    """A post of pictures: at most twenty of the permanent library, the first is its cover."""
    listed = (article.get("image_info") or {}).get("image_list")
    if not isinstance(listed, list) or not listed:
        raise Err(41006)
    if len(listed) > PICTURES:
        raise Err(45008)
    if not all(isinstance(one, dict) and is_material(call, str(one.get("image_media_id", ""))) for one in listed):
        raise Err(40007)


def _check_small(call: Call, article: dict[str, Any]) -> None:
    if len(str(article.get("author", ""))) > AUTHOR:
        raise Err(45110)
    if len(str(article.get("digest", ""))) > DIGEST:
        raise Err(45004)
    source = str(article.get("content_source_url", ""))
    if len(source.encode()) > SOURCE:
        raise Err(45005)
    if source and not source.startswith(("http://", "https://")):
        raise Err(41039)
    if article.get("need_open_comment") and not call.record.get("comment_right", True):
        raise Err(88000)
