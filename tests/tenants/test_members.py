"""Members, their sessions and tokens: who may manage whom, and what ends when."""

from __future__ import annotations

import time
from datetime import timedelta
from statistics import median

import pytest
import time_machine
from flask import Flask

from saas.kernel.clock import now
from saas.kernel.database import db, tenant_scope
from saas.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Problem, Unauthenticated
from saas.tenants import service, sessions, tokens
from saas.tenants.actor import Actor
from tests.tenants.conftest import PASSWORD

OTHER = "eleven slow rivers meet"


@pytest.fixture
def editor(owner: Actor) -> Actor:
    name = f"editor-{owner.email}"
    service.create_member(owner, name, "Edda", "editor", PASSWORD)
    return service.member_by_email(name)


def outside(rooms: Flask, email: str, password: str = PASSWORD) -> sessions.SignIn:
    """Sign in as a request would, with no scope open."""
    return sessions.sign_in(email, password, "Firefox", "192.0.2.1")


@pytest.fixture
def known(tenant: int) -> str:
    """The e-mail of an owner, with no scope left open."""
    email = f"owner@{tenant}.test"
    with tenant_scope(tenant):
        service.create_member(None, email, "Olli", "owner", PASSWORD)
    return email


def test_a_slug_is_given_once(rooms: Flask) -> None:
    service.create_tenant("One", "only-one")
    with pytest.raises(Conflict):
        service.create_tenant("Two", "only-one")


def test_an_email_is_a_member_once(owner: Actor) -> None:
    with pytest.raises(Conflict) as twice:
        service.create_member(owner, owner.email.upper(), "Again", "editor", PASSWORD)
    assert twice.value.code == "email_taken"


@pytest.mark.parametrize(
    ("role", "client_id"), [("client_viewer", None), ("editor", 1), ("client_viewer", 987654321), ("emperor", None)]
)
def test_a_role_and_its_client_belong_together(owner: Actor, role: str, client_id: int | None) -> None:
    with pytest.raises(Invalid):
        service.create_member(owner, "new@house.test", "New", role, PASSWORD, client_id)


def test_an_editor_manages_nobody(owner: Actor, editor: Actor) -> None:
    for act in (lambda: service.list_members(editor), lambda: service.disable_member(editor, owner.member_id)):
        with pytest.raises(Forbidden):
            act()


def test_an_admin_makes_no_owner_and_touches_none(owner: Actor, editor: Actor) -> None:
    service.change_role(owner, editor.member_id, "admin")
    admin = service.member_by_email(editor.email)
    with pytest.raises(Forbidden):
        service.create_member(admin, "boss@house.test", "Boss", "owner", PASSWORD)
    with pytest.raises(Forbidden):
        service.set_password(admin, owner.member_id, OTHER)


def test_nobody_manages_oneself_and_an_owner_stays(owner: Actor, editor: Actor) -> None:
    with pytest.raises(Forbidden):
        service.disable_member(owner, owner.member_id)
    service.change_role(owner, editor.member_id, "owner")
    second = service.member_by_email(editor.email)
    service.disable_member(second, owner.member_id)
    with pytest.raises(Problem):
        service.change_role(second, second.member_id, "editor")


def test_a_refused_change_changes_nothing(owner: Actor, editor: Actor) -> None:
    with pytest.raises(Invalid):
        service.change_member(owner, editor.member_id, password="short")
    assert service.read_member(owner, editor.member_id).role == "editor"


@pytest.mark.parametrize("hours", [11, 13])
def test_check_27_a_session_ends_after_twelve_idle_hours(rooms: Flask, known: str, hours: int) -> None:
    secret = outside(rooms, known).secret
    with time_machine.travel(now() + timedelta(hours=hours), tick=False):
        assert (sessions.actor_of_session(secret) is not None) == (hours < 12)


def test_check_27_a_session_ends_after_fourteen_days_however_busy(rooms: Flask, known: str) -> None:
    secret, start = outside(rooms, known).secret, now()
    for step in range(1, 34):
        with time_machine.travel(start + timedelta(hours=10 * step), tick=False):
            assert sessions.actor_of_session(secret) is not None
    with time_machine.travel(start + timedelta(days=14, seconds=1), tick=False):
        assert sessions.actor_of_session(secret) is None


def test_check_27_sessions_are_listed_and_can_be_ended(rooms: Flask, tenant: int, known: str) -> None:
    here, there = outside(rooms, known), outside(rooms, known)
    found = sessions.actor_of_session(here.secret)
    with tenant_scope(tenant):
        listed = sessions.list_sessions(here.actor, found[1] if found else "")
        other = next(view for view in listed if not view.current)
        assert len(listed) == 2
        sessions.revoke_session(here.actor, other.ref)
    assert sessions.actor_of_session(there.secret) is None
    assert sessions.actor_of_session(here.secret) is not None


@pytest.mark.parametrize("ref", ["", "%", "_" * 16, "a", "f" * 64])
def test_a_session_is_not_ended_by_a_guess(owner: Actor, ref: str) -> None:
    with pytest.raises(NotFound):
        sessions.revoke_session(owner, ref)


def test_check_26_a_new_password_ends_every_other_session(rooms: Flask, tenant: int, known: str) -> None:
    here, there = outside(rooms, known), outside(rooms, known)
    with tenant_scope(tenant):
        service.change_own_password(here.actor, PASSWORD, OTHER, sessions.session_id(here.secret))
    assert sessions.actor_of_session(there.secret) is None
    assert sessions.actor_of_session(here.secret) is not None
    with pytest.raises(Unauthenticated):
        outside(rooms, known)
    assert outside(rooms, known, OTHER).actor.email == known


def test_check_26_a_password_set_by_an_admin_ends_all_sessions(rooms: Flask, tenant: int, known: str) -> None:
    with tenant_scope(tenant):
        boss = service.member_by_email(known)
        service.create_member(boss, "e@e.test", "E", "editor", PASSWORD)
        member = service.member_by_email("e@e.test").member_id
    secret = outside(rooms, "e@e.test").secret
    with tenant_scope(tenant):
        service.set_password(boss, member, OTHER)
    assert sessions.actor_of_session(secret) is None


def test_check_26_a_disabled_member_is_out_at_once(rooms: Flask, tenant: int, known: str) -> None:
    with tenant_scope(tenant):
        boss = service.member_by_email(known)
        service.create_member(boss, "d@d.test", "D", "editor", PASSWORD)
        member = service.member_by_email("d@d.test")
        _, token = tokens.create_token(member, "x", ["read"], 5)
    secret = outside(rooms, "d@d.test").secret
    with tenant_scope(tenant):
        service.disable_member(boss, member.member_id)
    assert sessions.actor_of_session(secret) is None
    assert tokens.actor_of_token(token) is None
    with pytest.raises(Unauthenticated):
        outside(rooms, "d@d.test")


def test_the_current_password_is_asked_for(owner: Actor) -> None:
    with pytest.raises(Invalid) as refused:
        service.change_own_password(owner, OTHER, OTHER)
    assert refused.value.field == "current"


def test_check_30_unknown_and_known_take_the_same_work(rooms: Flask, known: str) -> None:
    times: dict[str, list[float]] = {known: [], "nobody@nowhere.test": []}
    for _ in range(5):
        for email, taken in times.items():
            started = time.process_time()
            with pytest.raises(Unauthenticated):
                outside(rooms, email, "wrong")
            taken.append(time.process_time() - started)
    first, second = (median(taken) for taken in times.values())
    assert 0.5 < first / second < 2


def test_one_person_at_two_agencies_enters_by_the_password(rooms: Flask, known: str) -> None:
    other = service.create_tenant("Other", known.replace("@", "-").replace(".", "-"))
    with tenant_scope(other):
        service.create_member(None, known, "Olli", "owner", OTHER)
    assert outside(rooms, known, OTHER).actor.tenant_id == other
    assert outside(rooms, known).actor.tenant_id != other


def test_check_32_a_token_ends_on_its_day(rooms: Flask, tenant: int, known: str) -> None:
    with tenant_scope(tenant):
        view, secret = tokens.create_token(service.member_by_email(known), "x", ["read"], 2)
    found = tokens.actor_of_token(secret)
    assert found is not None
    assert (found.scopes, found.actor.via) == ({"read"}, "api")
    with time_machine.travel(view.expires_at, tick=False):
        assert tokens.actor_of_token(secret) is None


def test_check_32_of_a_token_only_its_hash_is_kept(owner: Actor) -> None:
    view, secret = tokens.create_token(owner, "x", ["read"], 2)
    row = db.session.get_one(tokens.ApiToken, view.id)
    assert secret not in (row.hash, row.name)
    assert row.hash == tokens.token_hash(secret)


def test_anothers_token_is_not_mine_to_revoke(owner: Actor, editor: Actor) -> None:
    view, _ = tokens.create_token(owner, "x", ["read"], 2)
    with pytest.raises(NotFound):
        tokens.revoke_token(editor, view.id)
    tokens.revoke_token(owner, view.id)
    assert tokens.list_tokens(owner)[0].revoked
