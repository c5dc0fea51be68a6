"""What is over and old is deleted in small parts; what lives cannot be deleted at all."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest

from saas.delivery import scheduling
from saas.kernel.settings import settings
from tests.conftest import House
from tests.delivery.steps import cap, claim, news, settle


def pushed(house: House, account: int, count: int, days: int, due: str = "NULL") -> None:
    """So many events that came so many days ago."""
    house.run(
        "INSERT INTO callback_inbox (account_id, dedupe, kind, event, received_at, due_at)"
        f" SELECT %s, 'e' || n || '-{days}-{due}', 'inbound', '{{}}', now() - make_interval(days => {days}), {due}"
        " FROM generate_series(1, %s) n",
        account,
        count,
    )


def tidy() -> None:
    with psycopg.connect(settings().database_url, autocommit=True) as connection:
        scheduling.tidy(connection)


def test_events_that_were_applied_go_after_a_fortnight_and_later_doubles_are_still_known_until_then(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduling, "PART", 10)
    account = house.account("one")
    pushed(house, account, 35, 15)
    pushed(house, account, 3, 13)
    pushed(house, account, 2, 20, "now()")
    tidy()
    assert house.one("SELECT count(*) FROM callback_inbox") == 5
    house.run("DELETE FROM callback_inbox")
    assert house.one("SELECT count(*) FROM callback_inbox") == 5


def test_leases_go_when_nothing_can_hold_quota_under_them_any_more(house: House, ready: Callable[..., int]) -> None:
    finished, unknown = ready(1), ready(1)
    with house.connect() as connection:
        done = claim(connection, finished, [cap(9)])[0]
        settle(connection, done["lease"], [news(done["id"], a=1, d=1)])
        lost = claim(connection, unknown, [cap(9)])[0]
        settle(connection, lost["lease"], [news(lost["id"], "unknown", "hold", u=1)])
    house.run("UPDATE leases SET closed_at = now() - interval '29 days'")
    tidy()
    assert house.one("SELECT count(*) FROM leases") == 2
    house.run("UPDATE leases SET closed_at = now() - interval '31 days'")
    house.run("DELETE FROM leases WHERE dispatch_id = %s", unknown)
    tidy()
    assert house.rows("SELECT id FROM leases") == [{"id": lost["lease"]}]
    with house.connect() as connection:
        connection.execute("SELECT move_quota(ARRAY[%s::bigint], 'give_back', 'a person says so')", (lost["id"],))
    assert house.one("SELECT min(reserved) FROM quota_windows") == 0


def test_an_open_lease_cannot_be_deleted(house: House, ready: Callable[..., int]) -> None:
    with house.connect() as connection:
        claim(connection, ready(1), [cap(9)])
    house.run("DELETE FROM leases")
    assert house.one("SELECT count(*) FROM leases") == 1
