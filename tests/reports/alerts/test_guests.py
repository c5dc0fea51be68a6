"""People outside: asked by one mail, sent nothing before their own yes, nothing after their no, and only their brand's report."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from saas.kernel import clock
from saas.kernel.database import before_tenant, db
from saas.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from saas.reports import orders
from saas.reports.guests import answering, service
from saas.tenants.service import create_tenant
from tests.reports.alerts.conftest import PostOffice, Watch

BOSS = "boss@client.test"


def noon(after: datetime) -> datetime:
    """The next noon of the agency: nothing is quiet, and what was asked just now is not old."""
    here = after.astimezone(ZoneInfo("Asia/Shanghai"))
    today = here.replace(hour=12, minute=0, second=0, microsecond=0)
    return today if today > here else today + timedelta(days=1)


def ordered(watch: Watch, client: str = "Moon") -> int:
    """A day's report of a client for the boss alone, who is not asked yet."""
    with watch.house.within():
        made = orders.add_order(
            watch.house.actor("owner"), "day", [], client_id=watch.house.client(client), hour=0, guests=[BOSS.title()]
        )
    watch.house.as_owner("UPDATE report_orders SET at = '2026-01-01T00:00:00Z'")
    watch.now = noon(clock.now())
    return made.id


def secret_of(mailbox: PostOffice) -> str:
    """What the link in the newest letter carries."""
    return str(mailbox.letters[-1].get_content().split("/g/")[1].split()[0])


def say(watch: Watch, secret: str, word: str) -> str:
    with watch.house.app.app_context():
        return answering.answer(secret, word).state


def test_somebody_outside_gets_one_question_then_reports_after_their_yes_and_nothing_after_their_no(
    mailed: Watch, mailbox: PostOffice
) -> None:
    house, order = mailed.house, ordered(mailed)
    assert [mailed.round("report"), mailed.round("invitation"), mailed.round()] == [0, 1, 0]
    question = mailbox.letters[0]
    assert (question["To"], question["Subject"]) == (BOSS, "请确认：是否接收“Moon”的报告")
    assert question["List-Unsubscribe"] is None and "/d/" not in question.get_content()
    secret = secret_of(mailbox)
    assert secret not in str(house.rows("SELECT * FROM report_guest_keys"))
    with house.app.app_context():
        assert [answering.open_key(secret).state for _ in range(2)] == ["asked", "asked"], "looking decides nothing"
    mailed.later(hours=1)
    assert mailed.round() == 0, "nothing but the question before a yes"
    assert [say(mailed, secret, "yes"), say(mailed, secret, "yes")] == ["confirmed", "confirmed"]
    assert [mailed.round("report"), mailed.round("report"), mailed.round()] == [1, 0, 0]
    report = mailbox.letters[1]
    assert report["To"] == BOSS
    assert report["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert report["List-Unsubscribe"] == f"<https://qunfa.test/g/{secret_of(mailbox)}>"
    shows_that_brand_as_its_client_sees_it(mailed, report.get_content().split("/d/")[1].split()[0])
    assert say(mailed, secret_of(mailbox), "stop") == "stopped"
    mailed.later(days=1)
    assert mailed.round() == 0
    assert [say(mailed, secret, "yes"), say(mailed, secret_of(mailbox), "yes")] == ["stopped", "stopped"], (
        "no old link says yes again"
    )
    is_asked_anew_only_after_a_month(mailed, mailbox, order)
    told = [row["action"] for row in house.rows("SELECT action FROM audit_log WHERE action LIKE 'reports.guest%%' ORDER BY id")]
    assert told == [f"reports.guest_{word}" for word in ("asked", "confirmed", "stopped", "asked")]
    assert BOSS not in str(house.rows("SELECT detail FROM audit_log"))


def shows_that_brand_as_its_client_sees_it(watch: Watch, secret: str) -> None:
    with watch.house.app.app_context():
        found = orders.open_link(secret)
    assert (found.actor.client_id, found.actor.role) == (watch.house.client("Moon"), "client_viewer")


def is_asked_anew_only_after_a_month(watch: Watch, mailbox: PostOffice, order: int) -> None:
    house, owner = watch.house, watch.house.actor("owner")
    with house.within(), pytest.raises(Conflict, match="not long ago"):
        service.invite_guest(owner, order, BOSS)
    house.as_owner(
        "UPDATE report_guests SET asked_at = asked_at - interval '40 days', confirmed_at = confirmed_at - interval '40 days',"
        " stopped_at = stopped_at - interval '40 days'"
    )
    with house.within():
        assert service.invite_guest(owner, order, BOSS, "en").state == "asked"
    watch.now = noon(clock.now())
    before = secret_of(mailbox)
    assert watch.round() == 1
    assert mailbox.letters[-1]["Subject"] == "Please confirm: do you want the reports of Moon?"
    assert say(watch, before, "yes") == "stopped", "the yes of an earlier asking is not the yes of this one"


def test_who_says_never_again_is_never_asked_again_for_any_report(mailed: Watch, mailbox: PostOffice) -> None:
    house, first, second = mailed.house, ordered(mailed), ordered(mailed, "Sun")
    assert mailed.round("invitation") == 2
    secret = secret_of(mailbox)
    assert say(mailed, secret, "never") == "refused"
    assert say(mailed, secret, "yes") == "refused"
    owner = house.actor("owner")
    with house.within():
        assert sorted(one.state for one in service.list_guests(owner)) == ["refused", "stopped"]
        house.as_owner(
            "UPDATE report_guests SET asked_at = asked_at - interval '400 days', stopped_at = stopped_at - interval '400 days'"
        )
        for order in (first, second):
            with pytest.raises(Conflict, match="no mail at all"):
                service.invite_guest(owner, order, BOSS.upper())
    mailed.later(days=1)
    assert mailed.round() == 0


def test_a_yes_that_comes_too_late_counts_for_nothing_and_who_is_removed_loses_their_links(
    mailed: Watch, mailbox: PostOffice
) -> None:
    house, _ = mailed.house, ordered(mailed)
    mailed.round("invitation")
    secret = secret_of(mailbox)
    house.as_owner("UPDATE report_guests SET expires_at = now() - interval '1 second'")
    assert say(mailed, secret, "yes") == "expired"
    house.as_owner("UPDATE report_guests SET expires_at = now() + interval '1 day'")
    assert say(mailed, secret, "yes") == "confirmed"
    mailed.round("report")
    shown = mailbox.letters[-1].get_content().split("/d/")[1].split()[0]
    with house.within():
        guest = service.list_guests(house.actor("owner"))[0]
        service.remove_guest(house.actor("owner"), guest.id)
        with pytest.raises(NotFound):
            service.remove_guest(house.actor("owner"), guest.id)
    with house.app.app_context(), pytest.raises(NotFound):
        orders.open_link(shown)
    assert say(mailed, secret, "yes") == "removed"
    mailed.later(days=1)
    assert mailed.round() == 0


def test_a_line_that_was_written_before_they_stopped_is_not_told(mailed: Watch, mailbox: PostOffice) -> None:
    ordered(mailed)
    mailed.round("invitation")
    say(mailed, secret_of(mailbox), "yes")
    mailed.look("report")
    say(mailed, secret_of(mailbox), "stop")
    mailed.later(minutes=5)
    assert (mailed.tell(), mailed.notices()) == (0, ["told", "dropped"])


def test_one_mailbox_is_asked_once_for_one_report_whatever_the_order_and_the_tag(mailed: Watch, mailbox: PostOffice) -> None:
    house, order, owner = mailed.house, ordered(mailed), mailed.house.actor("owner")
    moon, sun = house.client("Moon"), house.client("Sun")
    mailed.round("invitation")
    assert say(mailed, secret_of(mailbox), "stop") == "stopped"
    with house.within():
        for address in (BOSS, "boss+10@client.test"):
            with pytest.raises(Conflict, match="not long ago"):
                orders.add_order(owner, "day", [], client_id=moon, guests=[address])
            with pytest.raises(Conflict, match="not long ago"):
                service.invite_guest(owner, order, address)
        with pytest.raises(Conflict, match="a member's"):
            service.invite_guest(owner, order, "analyst+1@house.test")
        other = orders.add_order(owner, "day", [], client_id=sun, guests=["boss+11@client.test"])
        with pytest.raises(Conflict, match="already"):
            orders.add_order(owner, "day", [], client_id=sun, hour=20, guests=[BOSS])
        assert [one.id for one in orders.list_orders(owner)] == [order, other.id]
    mailed.now = noon(clock.now())
    mailed.round("invitation")
    assert say(mailed, secret_of(mailbox), "never") == "refused"
    with house.within(), pytest.raises(Conflict, match="no mail at all"):
        service.invite_guest(owner, order, BOSS)


def test_members_the_agencys_own_report_and_other_agencies_are_out_of_reach(mailed: Watch) -> None:
    house, order, owner = mailed.house, ordered(mailed), mailed.house.actor("owner")
    with house.within():
        with pytest.raises(Conflict, match="a member's"):
            service.invite_guest(owner, order, "analyst@house.test")
        with pytest.raises(Forbidden):
            service.invite_guest(house.actor("editor"), order, "other@client.test")
        with pytest.raises(Invalid):
            orders.add_order(owner, "day", [], client_id=None, guests=["other@client.test"])
        with pytest.raises(Invalid):
            orders.add_order(owner, "day", [], client_id=house.client("Moon"))
        assert len(orders.list_orders(owner)) == 1, "what was refused left no order behind"
        guest = service.list_guests(owner)[0].id
    with house.app.app_context():
        neighbour = create_tenant("Neighbour", "neighbour")
        with before_tenant():
            assert db.session.execute(db.text("SELECT count(*) FROM report_guest_keys")).scalar_one() == 0
            assert db.session.execute(db.text("SELECT * FROM whose_guest(repeat('0', 64))")).first() is None
    with house.connect(neighbour) as connection:
        assert connection.execute("SELECT * FROM report_guests WHERE id = %s", (guest,)).fetchall() == []
    with house.app.app_context(), pytest.raises(NotFound):
        answering.open_key("of-no-mail-at-all")
