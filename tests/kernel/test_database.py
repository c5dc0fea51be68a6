"""Whoever opens a transaction says for which tenant; without a scope nothing opens, and nothing leaks over."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from saas.kernel.database import NoTenantScope, after_commit, before_tenant, db, tenant_scope, transaction
from tests.conftest import House


def test_check_18_without_a_scope_nothing_opens(house: House) -> None:
    with house.app.app_context(), pytest.raises(NoTenantScope):
        db.session.execute(text("SELECT 1"))


def test_check_18_a_scope_sees_its_own_rows_and_a_reused_connection_remembers_nobody(house: House) -> None:
    house.client("Sun")
    with house.app.app_context():
        with tenant_scope(house.tenant):
            assert db.session.scalar(text("SELECT count(*) FROM clients")) == 2
        with tenant_scope(house.tenant + 1):
            assert db.session.scalar(text("SELECT count(*) FROM clients")) == 0
        with before_tenant():
            assert db.session.scalar(text("SELECT count(*) FROM clients")) == 0


def test_scopes_do_not_nest_into_other_tenants(house: House) -> None:
    with house.within(), pytest.raises(NoTenantScope), tenant_scope(house.tenant + 1):
        pass


def test_what_was_asked_for_after_commit_happens_then_and_never_after_a_rollback(house: House) -> None:
    happened: list[str] = []
    with house.within():
        with transaction():
            after_commit(lambda: happened.append("kept"))
            assert happened == []
        with pytest.raises(RuntimeError), transaction():
            after_commit(lambda: happened.append("lost"))
            raise RuntimeError
        with transaction():
            pass
    assert happened == ["kept"]


def test_check_16_every_table_with_a_tenant_is_walled_for_reading_and_writing(house: House) -> None:
    open_ones = """SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
      WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND NOT (c.relrowsecurity AND c.relforcerowsecurity
        AND EXISTS (SELECT 1 FROM pg_policy p
                    WHERE p.polrelid = c.oid AND p.polqual IS NOT NULL AND p.polwithcheck IS NOT NULL))"""
    assert house.rows(open_ones) == []
    assert house.one("SELECT count(*) FROM pg_policies WHERE policyname = 'tenant_wall'") > 15


def test_check_17_the_applications_role_owns_nothing_and_passes_nothing(house: House) -> None:
    found = house.rows("SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user")
    assert found == [{"rolsuper": False, "rolbypassrls": False, "rolcreaterole": False, "rolcreatedb": False}]
    assert house.rows("SELECT relname FROM pg_class WHERE pg_get_userbyid(relowner) = current_user") == []


def test_check_18_a_neighbour_sees_and_changes_nothing(house: House) -> None:
    house.dispatch(house.campaign(), house.account("one"), rows=2)
    with house.connect(tenant=house.tenant + 1) as connection:
        tables = connection.execute("SELECT tablename FROM pg_policies WHERE policyname = 'tenant_wall'").fetchall()
        for table in tables:
            assert connection.execute(f"SELECT count(*) AS n FROM {table['tablename']}").fetchone() == {"n": 0}, table
        assert connection.execute("UPDATE deliveries SET state = 'due'").rowcount == 0
        assert (
            connection.execute("SELECT * FROM claim_deliveries(1, now(), 9, interval '1 minute', 'w', '[]', 0)").fetchall() == []
        )
