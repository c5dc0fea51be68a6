"""The database keeps agencies apart, whatever the application believes."""

from __future__ import annotations

import psycopg
import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from saas.accounts.credentials import opened, seal
from saas.kernel.database import NoTenantScope, before_tenant, db, tenant_scope, transaction
from saas.kernel.sealing import CannotOpen, Sealer
from saas.kernel.settings import sqlalchemy_url
from saas.ops.embedded import Database
from saas.tenants import service
from saas.tenants.actor import Actor
from saas.tenants.models import Client, Tenant
from saas.tenants.walls import WallDown, check_role
from tests.tenants.conftest import PASSWORD

TABLES = """
SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT a.attisdropped"""

WALLED_BY_THEIR_OWN = {("delivery_failures", "deliveries"), ("quota_ledger", "quota_windows")}
"""Lines that are only written beside the row they point at, in one statement: a composite key would cost the two busiest
tables another index. Their own ``tenant_id`` walls them."""


def test_check_16_every_table_of_a_tenant_has_forced_row_level_security(postgres: Database) -> None:
    with psycopg.connect(postgres.owner_url) as owner:
        tables = owner.execute(TABLES).fetchall()
        tables += owner.execute(
            "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class WHERE relname = 'tenants'"
        ).fetchall()
    assert len(tables) > 20
    assert [name for name, on, forced in tables if not (on and forced)] == []


def test_check_16_every_policy_reads_and_writes_through_the_same_wall(postgres: Database) -> None:
    with psycopg.connect(postgres.owner_url) as owner:
        tables = {name for name, *_ in owner.execute(TABLES)}
        walls = owner.execute(
            "SELECT tablename, cmd, qual, with_check FROM pg_policies WHERE policyname = 'tenant_wall'"
        ).fetchall()
        others = owner.execute(
            "SELECT DISTINCT cmd, roles::text FROM pg_policies WHERE permissive = 'PERMISSIVE' AND policyname <> 'tenant_wall'"
        ).fetchall()
    assert {name for name, *_ in walls} == tables | {"tenants"}
    assert all(cmd == "ALL" and "tenant()" in qual and qual == check for _, cmd, qual, check in walls)
    assert others == [("SELECT", "{qunfa_system}")]


def test_check_16_no_table_without_a_tenant_is_open_to_the_application(postgres: Database) -> None:
    with psycopg.connect(postgres.owner_url) as owner:
        tables = {name for name, *_ in owner.execute(TABLES)} | {"tenants"}
        granted = owner.execute(
            "SELECT DISTINCT table_name FROM information_schema.role_table_grants WHERE grantee = 'qunfa_app'"
        ).fetchall()
    assert {name for (name,) in granted} <= tables


def test_check_17_the_applications_role_stands_behind_the_wall(rooms: Flask) -> None:
    with db.engine.connect() as connection:
        check_role(connection)


def test_check_17_the_owners_role_is_refused(postgres: Database) -> None:
    engine = create_engine(sqlalchemy_url(postgres.owner_url))
    with engine.connect() as connection, pytest.raises(WallDown, match="owns tables"):
        check_role(connection)
    engine.dispose()


def test_check_18_without_a_scope_nothing_opens(rooms: Flask) -> None:
    with pytest.raises(NoTenantScope):
        db.session.execute(text("SELECT 1"))


def test_check_18_before_a_tenant_is_known_there_are_no_rows(rooms: Flask, tenant: int) -> None:
    with tenant_scope(tenant), transaction() as session:
        session.add(Client(name="Moon"))
    with before_tenant():
        assert db.session.scalar(text("SELECT count(*) FROM clients")) == 0
        assert db.session.scalar(text("SELECT count(*) FROM tenants")) == 0


def test_check_18_before_a_tenant_is_known_nothing_can_be_written(rooms: Flask, tenant: int) -> None:
    with before_tenant(), pytest.raises(DBAPIError, match=r"row-level security|null value"):
        db.session.execute(text("INSERT INTO clients (tenant_id, name) VALUES (:tenant, 'x')"), {"tenant": tenant})


def test_check_18_a_connection_used_again_remembers_no_tenant(rooms: Flask, tenant: int) -> None:
    with tenant_scope(tenant):
        assert db.session.scalar(text("SELECT count(*) FROM tenants")) == 1
    with db.engine.connect() as connection:
        assert connection.scalar(text("SELECT nullif(current_setting('qunfa.tenant', true), '')")) is None
        assert connection.scalar(text("SELECT count(*) FROM tenants")) == 0


def test_check_18_scopes_do_not_nest_into_another_tenant(rooms: Flask, tenant: int) -> None:
    with tenant_scope(tenant), pytest.raises(NoTenantScope), tenant_scope(tenant + 1):
        pass


def test_a_neighbours_row_can_be_neither_seen_nor_changed_nor_planted(rooms: Flask, tenant: int) -> None:
    other = service.create_tenant("Other", f"o-{tenant}")
    with tenant_scope(tenant), transaction() as session:
        session.add(Client(name="Moon"))
    with tenant_scope(other):
        assert db.session.scalar(text("SELECT count(*) FROM clients")) == 0
        assert db.session.execute(text("UPDATE clients SET name = 'mine'")).rowcount == 0  # type: ignore[attr-defined]
        assert db.session.get(Tenant, tenant) is None
        with pytest.raises(DBAPIError, match="row-level security"):
            db.session.execute(text("INSERT INTO clients (tenant_id, name) VALUES (:tenant, 'x')"), {"tenant": tenant})


def test_check_20_every_foreign_key_between_tenants_tables_carries_the_tenant(postgres: Database) -> None:
    query = """SELECT k.conrelid::regclass::text, k.confrelid::regclass::text,
        (SELECT array_agg(a.attname::text) FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey))
      FROM pg_constraint k WHERE k.contype = 'f' AND k.connamespace = 'public'::regnamespace"""
    with psycopg.connect(postgres.owner_url) as owner:
        tables = {name for name, *_ in owner.execute(TABLES)}
        keys = owner.execute(query).fetchall()
    loose = {(source, target) for source, target, columns in keys if target in tables and "tenant_id" not in columns}
    assert loose <= WALLED_BY_THEIR_OWN


def test_check_20_a_member_of_another_agencys_client_cannot_be(owner: Actor, rooms: Flask) -> None:
    with transaction() as session:
        client = Client(name="Moon")
        session.add(client)
        session.flush()
        foreign = client.id + 1_000_000
    with pytest.raises(DBAPIError, match="foreign key"):
        db.session.execute(
            text(
                "INSERT INTO members (email, name, role, client_id, password_hash)"
                " VALUES ('z@z.test', 'z', 'client_viewer', :client, 'x')"
            ),
            {"client": foreign},
        )


def test_check_24_credentials_moved_to_another_row_or_tenant_do_not_open() -> None:
    sealer = Sealer(["k" * 40])
    row = {"id": 7, "tenant_id": 1, "key": "a", "channel": "wecom", "kind": "app", "name": "a", "zone": "UTC", "settings": {}}
    sealed = seal(sealer, 1, 7, {"secret": PASSWORD})
    assert opened(sealer, {**row, "credentials": sealed}).credentials == {"secret": PASSWORD}
    for moved in ({"tenant_id": 2}, {"id": 8}):
        with pytest.raises(CannotOpen):
            opened(sealer, {**row, **moved, "credentials": sealed})
    with pytest.raises(CannotOpen):
        opened(Sealer(["l" * 40]), {**row, "credentials": sealed})


@pytest.mark.parametrize("statement", ["UPDATE audit_log SET action = 'x'", "DELETE FROM audit_log", "TRUNCATE audit_log"])
def test_check_43_the_audit_trail_cannot_be_rewritten(owner: Actor, statement: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"):
        db.session.execute(text(statement))


def test_check_43_each_line_of_the_audit_trail_carries_the_one_before(owner: Actor) -> None:
    service.create_member(owner, "second@house.test", "Second", "editor", PASSWORD)
    lines = db.session.execute(text("SELECT previous, hash, action FROM audit_log ORDER BY id")).all()
    assert [line.previous for line in lines] == ["", *[line.hash for line in lines[:-1]]]
    assert [line.action for line in lines] == ["tenant_created", "member_created", "member_created"]
