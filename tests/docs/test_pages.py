"""Links lead somewhere, pictures are small, decisions are short, and the two READMEs are twins."""

from __future__ import annotations

import re
import unicodedata
from pathlib import Path
from urllib.parse import unquote

from tests.docs.conftest import ROOT, Page, page, rows, spans

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^(#{1,6}) (.+)$", re.MULTILINE)
LARGEST_PICTURE = 300_000
LONGEST_DECISION = 30


def links(one: Page) -> list[str]:
    return [link for link in LINK.findall(one.prose) if not re.match(r"[a-z]+:", link)]


def anchors(one: Page) -> set[str]:
    """The anchors a forge gives the headings."""
    return {slug(title) for _, title in HEADING.findall(one.prose)}


def slug(title: str) -> str:
    kept = "".join(c for c in title.lower() if c in " -_" or unicodedata.category(c)[0] in "LNM")
    return kept.replace(" ", "-")


def faults(one: Page) -> list[str]:
    """Links of a page that lead nowhere."""
    found = []
    for link in links(one):
        name, _, anchor = unquote(link).partition("#")
        target = (one.path.parent / name).resolve() if name else one.path
        if not target.exists() or (anchor and anchor not in anchors(Page(target))):
            found.append(f"{one.path.name}: {link}")
    return found


def test_every_link_inside_the_repository_leads_somewhere(pages: list[Page]) -> None:
    assert len(pages) > 15
    assert [fault for one in pages for fault in faults(one)] == []


def test_a_link_to_nowhere_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "here.md").write_text("# One heading\n[a](there.md) [b](#one-heading) [c](#other) `[d](code.md)`\n")
    assert faults(Page(tmp_path / "here.md"))[:2] == ["here.md: there.md", "here.md: #other"]


def test_pictures_are_small_enough_for_a_page(root: Path) -> None:
    pictures = [file for file in (root / "docs" / "pictures").iterdir() if file.is_file()]
    assert {"console.png", "architecture.svg"} <= {file.name for file in pictures}
    assert [file.name for file in pictures if file.stat().st_size > LARGEST_PICTURE] == []


def test_decisions_are_short_and_listed(root: Path) -> None:
    folder = root / "docs" / "decisions"
    decisions = {file.name for file in folder.glob("*.md")} - {"README.md"}
    assert set(links(Page(folder / "README.md"))) == decisions
    assert [name for name in decisions if len((folder / name).read_text().splitlines()) > LONGEST_DECISION] == []


def shape(name: str) -> dict[str, object]:
    """What both READMEs must have alike, whatever their language."""
    one = page(name)
    tables = list(rows(one.prose))
    return {
        "headings": [level for level, _ in HEADING.findall(one.prose)],
        "commands": re.findall(r"^python3 run\.py [^#\n]*[^#\s]", one.text, re.MULTILINE),
        "blocks": [block.count("\n") for block in one.blocks()],
        "rows": [len(row) for row in tables],
        "keys": [spans(row[0]) for row in tables if spans(row[0])],
        "links": [link.replace(".zh-CN", "") for link in links(one)],
        "points": len(re.findall(r"^- ", one.prose, re.MULTILINE)),
    }


def test_the_two_readmes_say_the_same() -> None:
    english, chinese = shape("README.md"), shape("README.zh-CN.md")
    for part in english:
        assert english[part] == chinese[part], part
    assert len(english["commands"]) >= 5  # type: ignore[arg-type]


def test_the_chinese_readme_is_chinese() -> None:
    for title in HEADING.findall((ROOT / "README.zh-CN.md").read_text(encoding="utf-8")):
        assert re.search(r"[\u4e00-\u9fff]", title[1]), title
