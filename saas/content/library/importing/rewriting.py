"""Markdown whose pictures are named by their hash, or by the files of a folder: the text stays, only addresses change. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from saas.channels.message import MEDIA_SCHEME
from saas.content.draft import ArticleSource
from saas.content.written import parts_of


def with_hashes(markdown: str, hashes: Mapping[str, str]) -> str | None:
    """``media:SHA256`` in the place of every address in ``hashes``; None when an address stands where it cannot be told apart."""
    return with_addresses(markdown, {written: f"{MEDIA_SCHEME}{sha}" for written, sha in hashes.items()})


def with_addresses(markdown: str, addresses: Mapping[str, str]) -> str | None:
    """The text with each address replaced where a picture stands; None when that changed more or less than the pictures."""
    if not addresses:
        return markdown
    listed = "|".join(re.escape(written) for written in sorted(addresses, key=len, reverse=True))
    place = re.compile(rf"""(\]\(\s*<?|\]:\s*<?|src\s*=\s*["']?)({listed})(?=[\s)>"'])""", re.IGNORECASE)
    changed = place.sub(lambda found: found[1] + addresses.get(found[2], found[2]), markdown + "\n")[:-1]
    before, after = parts_of(ArticleSource("", body=markdown)), parts_of(ArticleSource("", body=changed))
    wanted = [addresses.get(image.value, image.value) for image in before[1]]
    same_links = [link.value for link in before[2]] == [link.value for link in after[2]]
    return changed if same_links and [image.value for image in after[1]] == wanted else None
