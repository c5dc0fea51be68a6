"""What a channel finds by its hook ``check`` is told before anybody signs, once for all accounts it is true of."""

from __future__ import annotations

from pathlib import Path

import pytest

from saas.channels import Account, Finding, Limits, Message, hookimpl
from saas.channels.registry import Registry
from saas.delivery import own_findings, planning
from saas.delivery.planning import check_folder, prepare_campaign
from saas.kernel.errors import Invalid
from tests.conftest import House
from tests.delivery.trial import TrialChannel


class Strict(TrialChannel):
    """Finds the word ``forbidden``, and nothing on an account that is ``lenient``; raises at ``broken``."""

    @hookimpl
    def check(self, account: Account, message: Message, limits: Limits) -> list[Finding]:
        assert limits.rate.concurrency == 16
        assert not account.credentials
        if "broken" in message.text:
            raise RuntimeError("a plugin's own fault")
        if "forbidden" not in message.text or account.settings.get("lenient"):
            return []
        words, remedy = ("有禁用的词", "a word is forbidden"), ("请删去", "leave it out")
        return [Finding("trial_word", "block", "text", words, remedy, marks=((0, 3),))]


@pytest.fixture(autouse=True)
def channels(monkeypatch: pytest.MonkeyPatch) -> None:
    registry = Registry()
    registry.register("trial", Strict(), "qunfa-trial")
    registry.freeze()
    monkeypatch.setattr(planning, "registry", lambda: registry)
    monkeypatch.setattr(own_findings, "here", registry.get)


def folder(place: Path, text: str) -> Path:
    (place / "campaign.yaml").write_text(f"name: Spring\nkind: text\ntext: {text}\naccounts: [one, two, three]\nschedule: now\n")
    return place


def found(house: House, place: Path) -> list[tuple[str, str, int, str]]:
    with house.within():
        told = check_folder(house.actor("editor"), place)
    return [(one.where, one.severity, one.line, one.message[1]) for one in told if one.rule == "trial_word"]


@pytest.fixture
def accounts(house: House) -> None:
    for key, lenient in (("one", False), ("two", True), ("three", False)):
        house.account(key, kind="keyed", lenient=lenient)


def test_a_channels_own_finding_is_told_once_for_the_accounts_it_is_true_of(house: House, accounts: None, tmp_path: Path) -> None:
    said = "one, three: a word is forbidden"
    assert found(house, folder(tmp_path, "forbidden fruit")) == [("campaign.yaml: text", "block", 3, said)]
    assert found(house, folder(tmp_path, "fruit")) == []


def test_what_it_blocks_is_not_planned(house: House, accounts: None, tmp_path: Path) -> None:
    with house.within(), pytest.raises(Invalid) as refused:
        prepare_campaign(house.actor("editor"), folder(tmp_path, "forbidden fruit"))
    assert "trial_word" in {one["rule"] for one in refused.value.detail["findings"]}


def test_a_channel_whose_check_fails_stops_nobodys_check(house: House, accounts: None, tmp_path: Path) -> None:
    assert found(house, folder(tmp_path, "broken fruit")) == []
