"""The page on the campaign folder names the keys the reader knows, and the example folder can be sent."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from saas.content import articles, campaign
from saas.content.draft import KINDS
from saas.content.folder import read_folder
from saas.content.lists import ID_COLUMNS
from saas.ops.demo.samples import write_samples
from saas.review.compliance.folder_check import check_folder
from tests.docs.conftest import page, rows, spans

FORMAT = "docs/campaign-folder.md"


def keys_of(section: str) -> list[list[str]]:
    """The cells of the section's rows whose first cell is one key."""
    return [row for row in rows(page(FORMAT).section(section)) if row[0].startswith("`")]


def known_keys(folder: Path, mapping: str) -> set[str]:
    """What the reader says it knows when a key of the mapping is unknown to it."""
    (folder / "campaign.yaml").write_text(f"name: x\n{mapping}:\n  no_such_key: 1\n", encoding="utf-8")
    place = f"{mapping}.no_such_key"
    found = next(f for f in read_folder(folder).findings if f.rule == "unknown_key" and f.where.endswith(place))
    return set(found.remedy[1].split("Known keys: ")[1].split(", "))


def test_the_page_names_every_key_of_the_campaign() -> None:
    named = [spans(row[0])[0] for row in keys_of("campaign.yaml") if len(row) == 3]
    assert tuple(named) == campaign.KEYS


@pytest.mark.parametrize("mapping", ["link", "template", "audience", "options"])
def test_the_page_names_every_key_of_a_mapping(mapping: str, tmp_path: Path) -> None:
    row = next(row for row in keys_of("campaign.yaml") if len(row) == 2 and spans(row[0]) == [mapping])
    named = {word for word in spans(row[1]) if word.isidentifier() and word != "recipients"}
    assert named == known_keys(tmp_path, mapping)


def test_the_page_names_every_key_of_an_article() -> None:
    assert tuple(spans(row[0])[0] for row in keys_of("Articles")) == articles.KEYS


def test_the_page_names_the_kinds_and_the_columns_of_recipients() -> None:
    kinds = next(row for row in keys_of("campaign.yaml") if row[0] == "`kind`")
    assert set(KINDS) <= set(spans(kinds[1]))
    assert set(ID_COLUMNS) <= set(spans(page(FORMAT).section("Lists")))


def test_the_yaml_on_the_page_has_known_keys_only() -> None:
    block = next(block for block in page(FORMAT).blocks() if block.startswith("name:"))
    assert set(yaml.safe_load(block)) <= set(campaign.KEYS)


def test_the_folder_the_readme_sends_has_no_fault(tmp_path: Path) -> None:
    checked = check_folder(write_samples(tmp_path))
    assert checked.campaign and len(checked.campaign.articles) == 3
    assert [finding.message[1] for finding in checked.findings if finding.severity != "note"] == []


def test_the_folder_the_readme_sends_is_for_all_accounts_of_the_demo_agency(root: Path, tmp_path: Path) -> None:
    demo = (root / "saas/ops/demo/accounts.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    named = (write_samples(tmp_path) / "accounts.csv").read_text(encoding="utf-8-sig").splitlines()[1:]
    assert [line.split(",")[0] for line in named] == [line.split(",")[0] for line in demo]
