"""Campaign folders for a trial: small, on all channels and routes, each with words of its own to be known by."""

from __future__ import annotations

import io
import random
import string
from collections.abc import Callable
from functools import cache
from pathlib import Path

from PIL import Image

from saas.ops.faults.cast import Agency

TEMPLATE_PEOPLE, LISTED_PEOPLE = 30, 25
ENDING = "schedule: now\nmax_lateness: 20m\n"
TEMPLATE = """kind: template
marketing: false
template:
  id: Tm-trial-0001
  data: {{thing1: "{{item}}", character_string3: "{{order}}"}}
accounts: [{account}]
recipients: recipients.csv
"""
Files = dict[str, str | bytes]


def write(place: Path, agency: Agency, kind: str, mark: str, rng: random.Random) -> Path:
    """A campaign folder of one of ``KINDS``; its name and its words carry ``mark``."""
    folder = place / mark
    for name, content in KINDS[kind](agency, mark, rng).items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def _text(agency: Agency, mark: str, rng: random.Random) -> Files:
    """Plain words, to everybody on every account."""
    return _campaign(mark, f"kind: text\ntext: 〔{mark}〕{_words(rng, 12)}\naccounts: [{', '.join(agency.keys)}]\n")


def _articles(agency: Agency, mark: str, rng: random.Random) -> Files:
    """An article with pictures where a channel takes articles, words elsewhere."""
    head = f"title: 〔{mark}〕{_words(rng, 6)}\nauthor: 编辑部\ncover: cover.jpg"
    article = f"---\n{head}\n---\n\n{_words(rng, 120)}\n\n![图](cover.jpg)\n"
    yaml = f"kind: articles\narticles: [1.md]\ntext: 〔{mark}〕{_words(rng, 12)}\naccounts: [{', '.join(agency.keys)}]\n"
    return {**_campaign(mark, yaml), "1.md": article, "cover.jpg": _picture()}


def _template(agency: Agency, mark: str, rng: random.Random) -> Files:
    """Template messages, one call a follower."""
    lines = [f"{_openid(rng)},A{n:05d},{mark}" for n in range(TEMPLATE_PEOPLE)]
    listed = "\n".join(["openid,order,item", *lines])
    return {**_campaign(mark, TEMPLATE.format(account=agency.key("svc"))), "recipients.csv": listed}


def _list(agency: Agency, mark: str, rng: random.Random) -> Files:
    """A mass send to a list of followers."""
    people = ", ".join(_openid(rng) for _ in range(LISTED_PEOPLE))
    yaml = f"kind: text\ntext: 〔{mark}〕{_words(rng, 12)}\naccounts: [{agency.key('svc2')}]\naudience: {{ids: [{people}]}}\n"
    return _campaign(mark, yaml)


KINDS: dict[str, Callable[[Agency, str, random.Random], Files]] = {
    "text": _text,
    "template": _template,
    "list": _list,
    "articles": _articles,
}


def _campaign(mark: str, rest: str) -> Files:
    return {"campaign.yaml": f"name: {mark}\n{rest}{ENDING}"}


def _words(rng: random.Random, number: int) -> str:
    return "".join(chr(rng.randrange(0x4E00, 0x5E00)) for _ in range(number))


def _openid(rng: random.Random) -> str:
    return "o" + "".join(rng.choices(string.ascii_letters + string.digits, k=27))


@cache
def _picture() -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (900, 500), (40, 90, 80)).save(stream, "JPEG")
    return stream.getvalue()
