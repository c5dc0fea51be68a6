"""Near copies: how much of one article stands in another, from fingerprints of a few kilobytes.

A fingerprint is the sorted smallest hashes of an article's three-character shingles (a bottom-k sketch) with their total
number, so two fingerprints tell both the share of common text (Jaccard) and how much of the shorter one is in the longer
(containment). Up to ``SIZE`` shingles it is exact.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from dataclasses import dataclass, replace

from saas.channels import Finding
from saas.channels.wording import normalise
from saas.content.faults import shown, warn

SIZE = 512
SHINGLE = 3
LEAST = 60
"""Shorter texts share phrases by chance; they are not compared."""
NEAR = 0.5
INSIDE = 0.75
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Likeness:
    """``jaccard``: common shingles of all; ``containment``: of the shorter text, the share that stands in the longer."""

    jaccard: float
    containment: float

    @property
    def near(self) -> bool:
        """Whether platforms would call it a copy."""
        return self.jaccard >= NEAR or self.containment >= INSIDE


def fingerprint(text: str) -> bytes:
    """At most 4 105 bytes for an article's plain text; the same text gives the same bytes on every machine."""
    letters = "".join(char for char in normalise(text).text if char.isalnum())
    shingles = {letters[at : at + SHINGLE] for at in range(len(letters) - SHINGLE + 1)}
    hashes = sorted(_hash(shingle) for shingle in shingles)[:SIZE]
    return struct.pack(f">BII{len(hashes)}Q", _VERSION, len(shingles), len(hashes), *hashes)


def _hash(shingle: str) -> int:
    return int.from_bytes(hashlib.blake2b(shingle.encode("utf-8"), digest_size=8).digest(), "big")


def _open(print_: bytes) -> tuple[int, list[int]]:
    version, total, count = struct.unpack_from(">BII", print_)
    if version != _VERSION:
        raise ValueError(f"fingerprint version {version} is not {_VERSION}")
    return total, list(struct.unpack_from(f">{count}Q", print_, 9))


def likeness(a: bytes, b: bytes) -> Likeness:
    """How like two fingerprints are."""
    total_a, hashes_a = _open(a)
    total_b, hashes_b = _open(b)
    if not hashes_a or not hashes_b:
        return Likeness(0.0, 0.0)
    below = min(_reach(total_a, hashes_a), _reach(total_b, hashes_b))
    part_a, part_b = {h for h in hashes_a if h <= below}, {h for h in hashes_b if h <= below}
    common, fewer = len(part_a & part_b), part_a if total_a <= total_b else part_b
    return Likeness(common / len(part_a | part_b), common / len(fewer) if fewer else 0.0)


def _reach(total: int, hashes: list[int]) -> int:
    """Up to which hash a fingerprint knows every shingle of its text."""
    return hashes[-1] if total > len(hashes) else 2**64


def similarity(a: str, b: str) -> Likeness:
    """How like two plain texts are."""
    return likeness(fingerprint(a), fingerprint(b))


def near_copies(text: str, corpus: Iterable[tuple[str, bytes]], where: str = "", line: int = 0) -> list[Finding]:
    """A warning for every known article (label, fingerprint) this plain text is a near copy of, nearest first."""
    return [finding for _, finding in near_prints(fingerprint(text), corpus, where, line)]


def near_prints(own: bytes, corpus: Iterable[tuple[str, bytes]], where: str, line: int) -> list[tuple[str, Finding]]:
    """(label, finding) for the five nearest copies, by fingerprints alone."""
    if _open(own)[0] < LEAST:
        return []
    hits = [(likeness(own, print_), label) for label, print_ in corpus if _open(print_)[0] >= LEAST]
    near = sorted(((like, label) for like, label in hits if like.near), key=lambda hit: (-hit[0].jaccard, hit[1]))
    return [(label, _finding(like, label, where, line)) for like, label in near[:5]]


def _finding(like: Likeness, label: str, where: str, line: int) -> Finding:
    message = (
        f"与“{shown(label)}”高度相似：相同文字 {like.jaccard:.0%}，较短的一篇有 {like.containment:.0%} 出现在另一篇里",
        f"near copy of “{shown(label)}”: {like.jaccard:.0%} in common, {like.containment:.0%} of the shorter stands in the other",
    )
    remedy = ("改写，或取消原创声明并注明转载来源", "rewrite it, or drop the claim of originality and name the source")
    source = "original-content and folding rules of Official Accounts"
    return replace(warn("near_copy", where, message, remedy, line), source=source)
