"""The rule book: packs by day, changes with a reason and a right, trades that decide, and old campaigns read again."""

from __future__ import annotations

import hashlib
import socket
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from saas.delivery.planning import check_folder, prepare_campaign
from saas.delivery.replaying import replay
from saas.kernel.database import transaction
from saas.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from saas.kernel.settings import settings
from saas.review.rulebook.models import RuleOverride
from saas.review.rulebook.overrides import Wish, lift, list_overrides, override, ruling, set_trades, today
from saas.review.rulebook.packs import pack_named, packs, rules_named, rules_of
from saas.tenants.actor import Actor
from tests.conftest import House

BODY = "本店是全国第一的面包店，秒批贷款也不收利息。"


def actor(house: House, role: str = "owner") -> Actor:
    return Actor(house.tenant, house.members[role], role, role, f"{role}@house.test")  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "campaign.yaml").write_text(
        f"name: 试一试\nkind: text\ntext: {BODY}\naccounts: [by-hand]\naudience: all\nschedule: now\n", encoding="utf-8"
    )
    return tmp_path


@pytest.fixture
def by_hand(house: House) -> House:
    """The house with an account that a person serves by hand: no platform is asked."""
    account = house.account("by-hand")
    house.run("UPDATE accounts SET channel = 'personal', kind = 'assisted', audience_size = 30 WHERE id = %s", account)
    return house


def found(house: House, folder: Path) -> dict[str, str]:
    with house.within():
        return {finding.rule: finding.severity for finding in check_folder(actor(house), folder)}


def test_every_channel_the_folder_and_every_list_tell_their_rules() -> None:
    kinds = {pack.name: pack.kind for pack in packs()}
    assert {"official_account", "wecom", "qq_group", "personal"} <= {name for name, kind in kinds.items() if kind == "channel"}
    assert kinds["folder"] == "folder"
    assert kinds["finance"] == "compliance"
    for pack in packs():
        assert len(pack.version) == 12
        assert all(rule.source for rule in rules_of(pack))


def test_rules_are_those_of_a_day() -> None:
    anxious = [rule for rule in rules_of(pack_named("education")) if rule.name == "education_anxiety"]
    assert anxious[0].since == date(2021, 7, 24)
    assert "education_anxiety" not in {rule.name for rule in rules_named("education", date(2021, 7, 23))}
    assert {rule.pack for rule in rules_named("title_chars")} >= {"folder"}
    with pytest.raises(Invalid, match="no rule or pack"):
        rules_named("nothing")


def test_a_change_needs_the_right_and_a_reason_and_is_in_the_audit(by_hand: House) -> None:
    wish = Wish("advertising", "advertising_absolute", "客户有获奖证书", severity="note")
    with by_hand.within():
        for role in ("editor", "reviewer", "analyst", "client_viewer"):
            with pytest.raises(Forbidden):
                override(actor(by_hand, role), wish)
        with pytest.raises(Invalid, match="say why"):
            override(actor(by_hand), Wish("advertising", "advertising_absolute", "  ", severity="note"))
        made = override(actor(by_hand), wish)
    assert (made.in_force, made.by) == (True, "owner")
    assert by_hand.one("SELECT detail ->> 'reason' FROM audit_log WHERE action = 'rules.override'") == "客户有获奖证书"


@pytest.mark.parametrize(
    "wish",
    [
        Wish("inducement", "inducement_share", "x", severity="note"),
        Wish("official_account", "mass_day", "x", amount=99),
        Wish("folder", "title_chars", "x", severity="note"),
        Wish("folder", "title_chars", "x", amount=0),
        Wish("folder", "nothing", "x", amount=5),
        Wish("nothing", "title_chars", "x", amount=5),
        Wish("advertising", "advertising_absolute", "x", severity="loud"),
        Wish("advertising", "advertising_absolute", "x", severity="note", until=date(2020, 1, 1)),
    ],
)
def test_what_must_not_be_changed_is_refused_with_a_remedy(by_hand: House, wish: Wish) -> None:
    with by_hand.within():
        if wish.rule == "mass_day":
            wish = Wish(
                "official_account", next(r.name for r in rules_of(pack_named("official_account")) if r.type == "cap"), "x", 99
            )
        with pytest.raises(Invalid) as refused:
            override(actor(by_hand), wish)
        assert refused.value.remedy[0]
        assert list_overrides(actor(by_hand)) == []


def test_a_change_acts_and_says_so_until_it_is_lifted_or_over(by_hand: House, folder: Path) -> None:
    assert found(by_hand, folder)["advertising_absolute"] == "warn"
    with by_hand.within():
        made = override(actor(by_hand), Wish("advertising", "advertising_absolute", "行业榜单证明", severity="block"))
        told = next(f for f in check_folder(actor(by_hand), folder) if f.rule == "advertising_absolute")
        assert told.severity == "block"
        assert "行业榜单证明" in told.message[0]
        assert "owner" in told.message[1]
        lift(actor(by_hand), made.id)
        with pytest.raises(NotFound):
            lift(actor(by_hand), made.id)
        override(
            actor(by_hand), Wish("advertising", "advertising_absolute", "一天", severity="block", until=today() + timedelta(1))
        )
        assert len(ruling(today()).changes) == 1
        assert ruling(today() + timedelta(1)).changes == ()
    assert [one.in_force for one in listed(by_hand)] == [True, False]


def listed(house: House) -> list[object]:
    with house.within():
        return list(list_overrides(actor(house, "analyst")))


def test_another_limit_for_content_acts_at_once(by_hand: House, folder: Path) -> None:
    assert "text_chars" not in found(by_hand, folder)
    with by_hand.within():
        override(actor(by_hand), Wish("folder", "text_chars", "短一点", amount=10))
        told = next(f for f in check_folder(actor(by_hand), folder) if f.rule == "text_chars")
    assert "at most 10" in told.message[1]
    assert "短一点" in told.source


def test_the_trade_of_the_client_decides_what_binds_it(by_hand: House, folder: Path) -> None:
    assert found(by_hand, folder)["finance_lending"] == "note"
    client = str(by_hand.one("SELECT c.name FROM clients c JOIN accounts a ON a.client_id = c.id WHERE a.key = 'by-hand'"))
    with by_hand.within():
        with pytest.raises(Invalid, match="there is no trade"):
            set_trades(actor(by_hand), client, ["ships"])
        set_trades(actor(by_hand), client, ["finance"])
    assert found(by_hand, folder)["finance_lending"] == "block"
    with by_hand.within():
        set_trades(actor(by_hand), client, ["food"])
    assert "finance_lending" not in found(by_hand, folder)


def test_an_old_campaign_is_read_under_the_rules_of_its_own_day(by_hand: House, folder: Path) -> None:
    with by_hand.within():
        campaign = prepare_campaign(actor(by_hand, "editor"), folder)
        first = replay(actor(by_hand), campaign)
        assert first.same
        assert (first.new, first.gone, first.changed) == ([], [], [])
        assert {f.rule for f in first.again} >= {"advertising_absolute"}
        override(actor(by_hand), Wish("advertising", "advertising_absolute", "更严", severity="block"))
        again = replay(actor(by_hand), campaign)
    assert again.same
    assert [f.severity for f in again.new] == ["block"]
    assert [f.severity for f in again.gone] == ["warn"]
    assert by_hand.one("SELECT count(*) FROM rule_packs WHERE name = 'advertising'") == 1


def test_a_pack_that_has_changed_since_is_named_and_the_old_text_is_used(by_hand: House, folder: Path) -> None:
    with by_hand.within():
        campaign = prepare_campaign(actor(by_hand, "editor"), folder)
    body = str(by_hand.one("SELECT body FROM rule_packs WHERE name = 'advertising'"))
    old = body.replace('severity = "warn"', 'severity = "block"')
    version = hashlib.sha256(old.encode()).hexdigest()[:12]
    by_hand.run("INSERT INTO rule_packs (name, version, body) VALUES ('advertising', %s, %s)", version, old)
    by_hand.as_owner("UPDATE checks SET rules = jsonb_set(rules, '{packs,advertising}', to_jsonb(%s::text))", version)
    with by_hand.within():
        told = replay(actor(by_hand), campaign)
    assert told.changed == ["advertising"]
    assert not told.same


def test_a_check_from_before_cannot_be_replayed(by_hand: House) -> None:
    campaign = by_hand.campaign(state="awaiting_approval")
    with by_hand.within(), pytest.raises(Conflict, match="no versions"):
        replay(actor(by_hand), campaign)
    with by_hand.within(), pytest.raises(NotFound):
        replay(actor(by_hand), 999_999)


def test_the_database_keeps_what_was_changed_and_the_neighbour_sees_nothing(by_hand: House) -> None:
    with by_hand.within():
        made = override(actor(by_hand), Wish("folder", "text_chars", "短一点", amount=10))
        for statement in ("UPDATE rule_overrides SET reason = 'x'", "DELETE FROM rule_overrides", "DELETE FROM rule_packs"):
            with pytest.raises(Exception, match="permission denied"), transaction() as session:
                session.connection().exec_driver_sql(statement)
    with psycopg.connect(by_hand.database.app_url) as other:
        assert other.execute("SELECT count(*) FROM rule_overrides").fetchone() == (0,)
    assert made.id
    assert RuleOverride.__tablename__ == "rule_overrides"


def test_links_are_opened_when_a_folder_is_checked_unless_that_is_turned_off(
    by_hand: House, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    yaml = (folder / "campaign.yaml").read_text(encoding="utf-8")
    link = "link: {title: 看这里, url: 'https://shop.example/a'}\n"
    (folder / "campaign.yaml").write_text(yaml.replace("kind: text", "kind: link") + link, encoding="utf-8")
    assert "link_name" not in found(by_hand, folder)
    ask = socket.getaddrinfo

    def names(host: str, *more: Any, **named: Any) -> Any:
        """The name service of a machine without a way out."""
        if host == "shop.example":
            raise socket.gaierror(socket.EAI_NONAME, "not known")
        return ask(host, *more, **named)

    monkeypatch.setattr(socket, "getaddrinfo", names)
    monkeypatch.setenv("QUNFA_LINK_CHECK", "1")
    settings.cache_clear()
    assert found(by_hand, folder)["link_name"] == "note"
    with by_hand.within():
        assert prepare_campaign(actor(by_hand, "editor"), folder)


@pytest.mark.parametrize("paste", ["转发" * 3_000_000, "𠮷野家\u202eمرحبا\x00" * 400_000, "最好" * 3_000_000])
def test_a_paste_of_ten_megabytes_is_refused_in_bounded_time(by_hand: House, folder: Path, paste: str) -> None:
    (folder / "articles").mkdir()
    (folder / "articles/1.md").write_text(f"---\ntitle: 长\n---\n{paste}\n", encoding="utf-8")
    yaml = "name: 长\nkind: articles\narticles: [articles/1.md]\naccounts: [by-hand]\naudience: all\nschedule: now\n"
    (folder / "campaign.yaml").write_text(yaml, encoding="utf-8")
    began = time.process_time()
    assert "block" in found(by_hand, folder).values()
    assert time.process_time() - began < 20
