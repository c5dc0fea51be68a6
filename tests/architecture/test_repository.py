"""The repository speaks of the product alone, and holds nothing that is not ours."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

PLACES = re.compile(r"(?<![\w.~-])/(work(space)?|root|home/\w+|Users/\w+|tmp/\w+)/[\w.]+")
INDEXES = re.compile(r"https?://(?!(127\.0\.0\.1|localhost))[^\s\"']*(/simple/?|/pypi/|registry\.npm)[^\s\"']*", re.IGNORECASE)
PIN = re.compile(r"^[a-z0-9][a-z0-9._-]*==\S+( ; .+)? \\$")


def test_no_text_names_a_place_on_somebodys_machine(texts: list[Path], root: Path) -> None:
    found = [f"{file.relative_to(root)}: {m.group()}" for file in texts if (m := PLACES.search(file.read_text(errors="replace")))]
    assert found == [], "use a path relative to the checkout"


@pytest.mark.parametrize("place", ["work", "root", "home/me", "Users/me", "tmp/trial"])
def test_the_search_for_places_finds_them(place: str) -> None:
    assert PLACES.search(f"see /{place}/notes.txt")


def test_pinned_packages_carry_hashes_and_no_address(root: Path) -> None:
    for name in ("runtime", "development"):
        lines = (root / "requirements" / f"{name}.txt").read_text().splitlines()
        names = [line for line in lines if not line.startswith("    --hash=sha256:")]
        assert len(names) > 50
        assert [line for line in names if not PIN.match(line)] == []
        assert not any("://" in line for line in lines)


def test_pinned_page_parts_carry_hashes_and_no_address(root: Path) -> None:
    for folder in (root, root / "requirements" / "browser"):
        packages = json.loads((folder / "package-lock.json").read_text())["packages"]
        assert all("resolved" not in package for package in packages.values())
        assert all(package.get("integrity", "").startswith("sha512-") for name, package in packages.items() if name)


def test_no_text_names_an_index(texts: list[Path], root: Path) -> None:
    assert [str(file.relative_to(root)) for file in texts if INDEXES.search(file.read_text(errors="replace"))] == []


def test_third_party_files_are_not_in_the_repository(texts: list[Path], root: Path) -> None:
    names = {str(file.relative_to(root)) for file in texts}
    assert not any("/vendor/" in name or name.endswith((".min.js", ".min.css", "uv.lock")) for name in names)
