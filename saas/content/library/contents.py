"""What an item of each kind holds, as plain JSON: read from what a person or program gives, every fault named by its field."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from saas.content.faults import shown
from saas.content.library.bodies import clean, pictures_of, words_of
from saas.content.library.values import flag, mapping, number, odd, only, text
from saas.content.links import link_fault
from saas.kernel.errors import Invalid, Words

KINDS: dict[str, Words] = {
    "article": ("图文", "article"),
    "text": ("文字", "text"),
    "picture": ("图片", "picture"),
    "video": ("视频", "video"),
    "voice": ("语音", "voice"),
    "link": ("链接", "link"),
    "mini_program": ("小程序卡片", "mini-program card"),
    "template": ("模板消息", "template message"),
}
FILES = ("picture", "video", "voice")
CROPS = ("2.35:1", "1:1", "9:5")
"""The crops of a cover: the big card, the small square, 900×500. Each ``[x, y, width, height]``, as parts of the picture."""
_SHA = re.compile(r"[0-9a-f]{64}")
_APP = re.compile(r"wx[0-9a-f]{16}|gh_[0-9a-z]{6,32}")


def read_content(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The content of an item of that kind, whole and clean. Invalid names the field, the rule and the remedy."""
    if kind not in KINDS:
        known = ", ".join(KINDS)
        raise Invalid(
            "library_kind", (f"没有素材类型“{shown(kind)}”", f"no kind of item '{shown(kind)}'"), (known, known), "kind"
        )
    odd(given)
    return _READERS[kind](given)


def title_of(kind: str, content: Mapping[str, Any]) -> str:
    """What the item is called in lists."""
    name = str(content.get("title") or content.get("name") or "")
    if not name and kind == "text":
        name = str(content["text"]).strip().split("\n")[0]
    return shown(name or str(content.get("id") or ""), 200)


def thumb_of(content: Mapping[str, Any]) -> str | None:
    """The hash of the picture that stands for it."""
    picture = content.get("cover") or content.get("image")
    found = picture["sha256"] if picture else content["sha256"] if str(content.get("mime", "")).startswith("image/") else None
    return found or None


def searchable(kind: str, content: Mapping[str, Any]) -> str:
    """All its words, for the search."""
    parts = [
        str(content.get(key, "")) for key in ("title", "name", "author", "digest", "text", "description", "alt", "url", "appid")
    ]
    if kind == "article":
        parts += [words_of(content["body"]), words_of(content["footer"])]
        parts += [f"{own['title']} {own['digest']}" for own in content["variants"].values()]
    if kind == "template":
        parts += [content["id"], *content["data"].values()]
    return "\n".join(part for part in parts if part)


def digest_of(content: Mapping[str, Any]) -> str:
    """The SHA-256 of a content, keys in order."""
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def pictures_in(content: Mapping[str, Any]) -> list[str]:
    """The hashes of the pictures an item shows, each once."""
    found = [place["sha256"] for place in (content.get("cover"), content.get("image")) if place]
    for html in (content.get("body", ""), content.get("footer", "")):
        found += pictures_of(html)
    for own in content.get("variants", {}).values():
        found += [own["cover"]["sha256"]] if own["cover"] else []
        found += pictures_of(own["footer"])
    return list(dict.fromkeys(found))


def _article(given: Mapping[str, Any]) -> dict[str, Any]:
    keys = (
        "title", "author", "digest", "cover", "body", "footer", "original", "source_url", "comments", "variants", "source",
    )  # fmt: skip
    only(given, keys)
    return {
        "title": text(given, "title", 200),
        "author": text(given, "author", 100),
        "digest": text(given, "digest", 1000),
        "cover": _cover(given.get("cover"), "cover"),
        "body": clean(text(given, "body", 0, lines=True)),
        "footer": clean(text(given, "footer", 0, lines=True), "footer"),
        "original": flag(given, "original"),
        "source_url": _url(given, "source_url"),
        "comments": flag(given, "comments"),
        "variants": _variants(mapping(given, "variants")),
        "source": _source(mapping(given, "source")),
    }


def _source(given: Mapping[str, Any]) -> dict[str, str]:
    """The Markdown an article was written in; kept as long as its body is what the Markdown makes."""
    if not given:
        return {}
    only(given, ("markdown",), "source.")
    return {"markdown": text(given, "markdown", 200_000, "source.", lines=True)}


def _variants(given: Mapping[str, Any]) -> dict[str, Any]:
    """By account key, what this account says otherwise; an empty field: what all say."""
    if len(given) > 200:
        raise Invalid("variants", ("最多 200 个账号的版本", "at most 200 variants"), ("减少一些", "take some out"), "variants")
    return {text({"key": key}, "key", 64, "variants."): _variant(key, mapping(given, key, "variants.")) for key in sorted(given)}


def _variant(key: str, given: Mapping[str, Any]) -> dict[str, Any]:
    place = f"variants.{key}."
    only(given, ("title", "digest", "cover", "footer"), place)
    return {
        "title": text(given, "title", 200, place),
        "digest": text(given, "digest", 1000, place),
        "cover": _cover(given.get("cover"), f"{place}cover"),
        "footer": clean(text(given, "footer", 0, place, lines=True), f"{place}footer"),
    }


def _cover(given: Any, field: str) -> dict[str, Any] | None:
    """A picture by its hash, its crops and the point that must stay in sight."""
    if not given:
        return None
    if isinstance(given, str):
        given = {"sha256": given}
    if not isinstance(given, Mapping):
        raise Invalid(
            "wrong_type", (f"{field} 要是一张图片", f"{field} must be a picture"), ("先上传图片", "upload it first"), field
        )
    only(given, ("sha256", "crops", "focus"), f"{field}.")
    crops = mapping(given, "crops", f"{field}.")
    only(crops, CROPS, f"{field}.crops.")
    focus = given.get("focus")
    return {
        "sha256": _sha(given, f"{field}."),
        "crops": {name: _parts(crops[name], 4, f"{field}.crops.{name}") for name in CROPS if crops.get(name)},
        "focus": _parts(focus, 2, f"{field}.focus") if focus else None,
    }


def _parts(given: Any, count: int, field: str) -> list[float]:
    """Numbers between 0 and 1, six digits each."""
    listed = list(given) if isinstance(given, list | tuple) else []
    if len(listed) != count or not all(isinstance(n, int | float) and not isinstance(n, bool) and 0 <= n <= 1 for n in listed):
        words = (f"{field} 要是 {count} 个 0 到 1 之间的数", f"{field} must be {count} numbers from 0 to 1")
        raise Invalid("crop", words, ("重新裁一次", "crop it again"), field)
    return [round(float(n), 6) for n in listed]


def _sha(given: Mapping[str, Any], place: str = "") -> str:
    found = text(given, "sha256", 64, place)
    if not _SHA.fullmatch(found):
        words = ("没有写明是哪张图片或哪个文件", "which picture or file is meant is not said")
        raise Invalid("sha256", words, ("先上传，再用它的 sha256", "upload it and use its sha256"), f"{place}sha256")
    return found


def _url(given: Mapping[str, Any], key: str, need: bool = False) -> str:
    url = text(given, key, 2000, need=need)
    fault = link_fault(url) if url else None
    if fault:
        raise Invalid(fault.rule, fault.message, ("换成公开网站的 https 地址", "use the https address of a public site"), key)
    return url


def _text(given: Mapping[str, Any]) -> dict[str, Any]:
    only(given, ("text",))
    return {"text": text(given, "text", 100_000, lines=True, need=True)}


def _file(given: Mapping[str, Any]) -> dict[str, Any]:
    only(given, ("sha256", "mime", "size", "width", "height", "seconds", "name", "alt", "description"))
    return {
        "sha256": _sha(given),
        "mime": text(given, "mime", 60, need=True),
        "size": number(given, "size"),
        "width": number(given, "width"),
        "height": number(given, "height"),
        "seconds": number(given, "seconds"),
        "name": text(given, "name", 200, need=True),
        "alt": text(given, "alt", 500),
        "description": text(given, "description", 2000, lines=True),
    }


def _link(given: Mapping[str, Any]) -> dict[str, Any]:
    only(given, ("title", "url", "description", "image"))
    return {
        "title": text(given, "title", 200, need=True),
        "url": _url(given, "url", need=True),
        "description": text(given, "description", 1000),
        "image": _cover(given.get("image"), "image"),
    }


def _mini_program(given: Mapping[str, Any]) -> dict[str, Any]:
    only(given, ("title", "appid", "path", "image"))
    appid = text(given, "appid", 40, need=True)
    if not _APP.fullmatch(appid):
        words = ("小程序的 appid 以 wx 开头，共 18 位", "a mini program's appid begins with wx and has 18 characters")
        raise Invalid("appid", words, ("在小程序后台“设置”里复制", "copy it from the settings of the mini program"), "appid")
    return {
        "title": text(given, "title", 200, need=True),
        "appid": appid,
        "path": text(given, "path", 1024, need=True),
        "image": _cover(given.get("image"), "image"),
    }


def _template(given: Mapping[str, Any]) -> dict[str, Any]:
    only(given, ("title", "id", "url", "data"))
    data = mapping(given, "data")
    if not data or len(data) > 50:
        words = ("模板要有 1–50 个字段", "a template has 1 to 50 fields")
        raise Invalid("template_data", words, ("写每个字段的值", "write a value for each field"), "data")
    return {
        "title": text(given, "title", 200),
        "id": text(given, "id", 100, need=True),
        "url": text(given, "url", 2000),
        "data": {text({"key": key}, "key", 60, "data."): text(data, key, 500, "data.") for key in sorted(data)},
    }


_READERS = {
    "article": _article,
    "text": _text,
    "picture": _file,
    "video": _file,
    "voice": _file,
    "link": _link,
    "mini_program": _mini_program,
    "template": _template,
}
