"""``review hold`` at a shell: a stage is held in WeCom's own approval, and signed here again, as on the page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from qunfa_wecom.simulator.approvals import TEMPLATE
from saas.cli.reviewing import review
from saas.cli.sending import send
from saas.kernel.errors import Forbidden, Invalid
from tests.review.conftest import Desk
from tests.review.held import PLACES, Office, office_on_stage


@pytest.fixture
def office(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    with office_on_stage(desk, tmp_path / "stage") as made:
        yield made


def run(*words: str, member: str = "owner") -> Result:
    return CliRunner().invoke(review, [*words, "--as", f"{member}@house.test"])


WHERE = ("--stage", "review", "--client", "Moon")
BY = ("--account", "office", "--template", TEMPLATE, "--applicant", "Member0004")


def test_a_stage_is_held_by_the_places_that_fit_and_let_go_again(office: Office) -> None:
    shown = json.loads(run("form", "--account", "office", "--template", TEMPLATE, "--json").stdout)
    assert shown["proposed"] == PLACES
    assert run("hold", *WHERE, *BY).exit_code == 0
    [held] = json.loads(run("holds", "--json").stdout)
    assert (held["client"], held["kind"], held["account"], held["places"]) == ("Moon", "review", "office", PLACES)
    assert run("hold", *WHERE, *BY, "--place", "Text-01=title", "--place", "Textarea-02=accounts").exit_code == 0
    assert "office" in run("holds").stdout
    assert run("hold", *WHERE, "--end").exit_code == 0
    [ended] = json.loads(run("holds", "--json").stdout)
    assert ended["account"] == "" and "signed here" in run("holds").stdout


def test_who_is_who_is_named_and_forgotten(office: Office) -> None:
    named = run("people", "--account", "office", "--member", "editor@house.test", "--person", "Member0001", "--json")
    assert [(one["email"], one["person"]) for one in json.loads(named.stdout)] == [("editor@house.test", "Member0001")]
    assert "Member0001" in run("people").stdout
    gone = run("people", "--account", "office", "--member", "editor@house.test", "--person", "", "--json")
    assert json.loads(gone.stdout) == []


def test_what_became_of_an_application_is_listed_and_asked_for_again(office: Office) -> None:
    office.hold()
    campaign = office.desk.campaign()
    office.decide(office.asked(campaign), "withdraw")
    office.go(2)
    [row] = json.loads(run("applications", str(campaign), "--json").stdout)
    assert row["state"] == "withdrawn"
    again = run("applications", str(campaign), "--again", str(row["id"]), member="editor")
    assert again.exit_code == 0 and len(again.stdout.splitlines()) == 4


@pytest.mark.parametrize(
    "words",
    [
        ("hold", *WHERE),
        ("hold", *WHERE, *BY, "--end"),
        ("hold", *WHERE, *BY, "--place", "Text-01=price"),
        ("people", "--account", "office"),
    ],
)
def test_half_a_wish_records_nothing(office: Office, words: tuple[str, ...]) -> None:
    assert run(*words).exit_code == 2
    assert json.loads(run("holds", "--json").stdout) == []


@pytest.mark.parametrize("applicant", ["Nobody", "Member 0004"])
def test_nobody_who_is_not_there_applies_or_is_named(office: Office, applicant: str) -> None:
    told = run("hold", *WHERE, *BY[:-1], applicant).exception
    assert isinstance(told, Invalid)
    assert (told.code, told.field, applicant in told.message[0]) == ("no_such_person", "applicant", True)
    assert json.loads(run("holds", "--json").stdout) == []
    named = run("people", "--account", "office", "--member", "editor@house.test", "--person", applicant).exception
    assert isinstance(named, Invalid)
    assert (named.field, json.loads(run("people", "--json").stdout)) == ("person", [])
    assert run("hold", *WHERE, *BY[:-1], "member0004").exit_code == 0


@pytest.mark.parametrize("demo", [True, False])
def test_send_says_that_a_held_campaign_is_stored_and_by_what_it_goes_on(office: Office, tmp_path: Path, demo: bool) -> None:
    house = office.desk.house
    house.as_owner("UPDATE tenants SET demo = %s", demo)
    house.as_owner("UPDATE members SET email = name || '@demo.example' WHERE name IN ('admin', 'reviewer')")
    office.hold()
    (tmp_path / "spring").mkdir()
    (tmp_path / "spring" / "campaign.yaml").write_text("name: spring\nkind: text\ntext: hello\naccounts: [office]\n")
    said = CliRunner().invoke(send, [str(tmp_path / "spring"), "--json", "--as", "editor@house.test"], standalone_mode=False)
    assert (said.exception, said.return_value) == (None, 1)
    campaign = json.loads(said.stdout)["campaign"]
    assert (office.state(campaign), office.words(campaign)) == ("awaiting_approval", [])
    assert f"campaign {campaign} is stored and waits for the" in said.stderr
    assert f"review applications {campaign}" in said.stderr
    assert "waits for approval" not in said.stderr
    office.decide(office.asked(campaign), "approve", "Member0002")
    office.go(2)
    assert office.state(campaign) == "released"


def test_an_editor_holds_nothing(office: Office) -> None:
    assert isinstance(run("hold", *WHERE, *BY, member="editor").exception, Forbidden)
