"""What is entered for an account stands beside what it has, and a name or a value that its kind does not know is refused."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner

from saas.accounts.entering import enter
from saas.accounts.reading import read_accounts
from saas.accounts.service import account_by_key, own_credentials
from saas.channels import WHOLE_NUMBER, YES_NO, Field, Form, Text
from saas.channels.forms import fault_of, ill_declared
from saas.cli.accounts import connect
from saas.kernel.errors import Forbidden, Invalid
from tests.conftest import House

GOOD = {"corp_id": "ww1", "app_secret": "s1"}


@pytest.fixture
def wecom(house: House) -> House:
    house.account("moon", "wecom", "customer", simulated=True)
    with house.within():
        enter(house.actor("admin"), "moon", GOOD, {"members": "amy"})
    return house


def stored(house: House) -> tuple[dict[str, str], dict[str, Any]]:
    with house.within():
        account = account_by_key("moon")
        return own_credentials(account), dict(account.settings)


def refused(house: House, *given: Any) -> Invalid:
    before = stored(house)
    with house.within(), pytest.raises(Invalid) as told:
        enter(house.actor("admin"), "moon", *given)
    assert stored(house) == before
    return told.value


def test_only_what_is_named_changes_and_what_is_cleared_goes(wecom: House) -> None:
    admin = wecom.actor("admin")
    with wecom.within():
        enter(admin, "moon", {"app_secret": " s2 ", "callback_token": "t1"}, {"customer_cap": "week"})
        enter(admin, "moon", {}, {"members": ""}, ("callback_token", "secret"))
    credentials, settings = stored(wecom)
    assert credentials == {"corp_id": "ww1", "app_secret": "s2"}
    assert settings == {"simulated": True, "customer_cap": "week"}


def test_an_unknown_name_is_refused_with_the_names_there_are(wecom: House) -> None:
    told = refused(wecom, {"secret_": "x"}, {})
    assert (told.code, told.field) == ("unknown_field", "credentials.secret_")
    assert "corp_id, app_secret, callback_token, aes_key" in told.remedy[1]
    assert "customer_cap" in refused(wecom, {}, {"customer_caps": "week"}).remedy[0]
    assert "--setting" in refused(wecom, {"customer_cap": "week"}, {}).remedy[1]
    assert refused(wecom, {}, {}, ("nothing",)).code == "unknown_field"
    assert refused(wecom, {"app_secret": "x"}, {}, ("app_secret",)).code == "field_twice"


@pytest.mark.parametrize(
    ("credentials", "settings", "field"),
    [
        ({}, {"customer_cap": "weekly"}, "settings.customer_cap"),
        ({}, {"customer_cap": ["week"]}, "settings.customer_cap"),
        ({}, {"base_url": "qyapi.weixin.qq.com"}, "settings.base_url"),
        ({"aes_key": "x" * 42}, {}, "credentials.aes_key"),
        ({"app_secret": " "}, {}, "credentials.app_secret"),
        ({}, {"allowed_domains": "https://example.com/x"}, "settings.allowed_domains"),
        ({}, {"overrides": {"customer_cap_dayz": {"value": 1, "reason": "x"}}}, "settings.overrides.customer_cap_dayz"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_its_field(
    wecom: House, credentials: dict[str, str], settings: dict[str, Any], field: str
) -> None:
    assert refused(wecom, credentials, settings).field == field


def test_an_account_never_has_half_of_its_credentials(house: House) -> None:
    house.account("moon", "wecom", "app", simulated=True)
    told = refused(house, GOOD, {})
    assert (told.code, told.field) == ("field_missing", "credentials.agent_id")
    with house.within(), pytest.raises(Forbidden):
        enter(house.actor("editor"), "moon", {}, {})


def test_a_setting_of_a_channel_is_text_even_when_it_looks_like_json(house: House) -> None:
    house.account("moon", "webhook", "own")
    house.run('UPDATE accounts SET settings = \'{"url": "https://example.com"}\'')
    words = ["moon", "--as", "admin@house.test", "-s", 'template={"a": "{text}"}', "-s", 'groups=[{"id": "1"}]']
    said = CliRunner().invoke(connect, words, catch_exceptions=False)
    assert said.exit_code == 0
    settings = stored(house)[1]
    assert (settings["template"], settings["groups"]) == ('{"a": "{text}"}', [{"id": "1"}])
    with pytest.raises(Invalid, match="no setting 'templates'"):
        CliRunner().invoke(connect, [*words[:3], "-s", "templates=x"], catch_exceptions=False)


@pytest.mark.parametrize("value", ["yes", "True", "否", True, False, "", "0"])
def test_yes_and_no_are_taken_as_people_write_them(value: Any) -> None:
    assert fault_of(Field("on", Text("开", "on"), form=YES_NO), value) is None


def test_what_a_field_does_not_take_is_told_in_both_languages() -> None:
    field = Field("n", Text("数", "number"), form=WHOLE_NUMBER)
    assert [fault_of(field, value) is None for value in ("7", 7, "0", "-1", "7x", "", "7\0")] == [1, 1, 0, 0, 0, 1, 0]
    chosen = fault_of(Field("n", Text("数", "number"), choices=("a", "b")), "c")
    assert chosen
    assert ("a、b" in chosen.zh, "a, b" in chosen.en) == (True, True)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ((Field("a", Text("a", "a")), Field("a", Text("a", "a"))), "two fields"),
        ((Field("a", Text("a", "a"), default="x", choices=("y",)),), "default"),
        ((Field("a", Text("a", "a"), form=Form("(", Text("", ""))),), "regular expression"),
    ],
)
def test_fields_that_could_never_be_entered_are_their_authors_fault(fields: tuple[Field, ...], told: str) -> None:
    assert told in ill_declared(fields)


def test_a_list_with_a_column_or_a_cell_too_many_is_refused() -> None:
    head = "key,client,channel,kind,name,audience_size"
    line = "a,Moon,wecom,customer,A,5"
    assert read_accounts(f"{head},\n{line},\n".encode())[1] == []
    column = read_accounts(f"{head},app_secret\n{line},x\n".encode())[1]
    assert [one["rule"] for one in column] == ["accounts.columns"]
    assert "app_secret" in column[0]["message"][1]
    cells = read_accounts(f"{head}\n{line},x\n".encode())[1]
    assert [(one["rule"], one["line"]) for one in cells] == [("accounts.columns", 2)]
