"""Events over a WebSocket: the way of what is pushed, one listener an account, and what nobody heard is told as a gap."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from dataclasses import replace
from typing import Any

import pytest
from click.testing import CliRunner

from saas.cli.inbox import inbox
from saas.delivery.inbox import apply_inbox
from saas.delivery.stops import list_stops, resume
from saas.ops.listening import _open, listening_beside
from tests.delivery.listening.conftest import Server


def test_what_is_heard_reaches_the_inbox_and_a_push_of_the_same_is_no_second_one(server: Server) -> None:
    server.listen()
    server.play("say", text="在吗")
    assert server.let_go(until=server.entries) == [{"kind": "text", "said": "在吗", "place": server.group}]
    server.pushed_by_http()
    assert len(server.entries()) == 1
    assert server.house.one("SELECT count(*) FROM callback_inbox") == 1


def test_groups_that_go_are_known_as_gone_and_a_taken_back_message_is_told(server: Server) -> None:
    rounds = server.listen()
    server.play("recall", message=7)
    server.let_go(until=server.entries)
    server.play("leave")
    server.pushed_by_http()  # the message that was taken back, once more
    server.let_go(until=lambda: len(server.entries()) == 2)
    server.runner.run(apply_inbox(rounds.pool, server.house.tenant))
    assert [entry["kind"] for entry in server.entries()] == ["other", "unfollow"]
    assert "撤回" in server.entries()[0]["said"]
    assert server.house.one("SELECT left_at IS NOT NULL FROM contacts WHERE target = %s", server.group)


def test_of_two_processes_one_listens_and_whoever_comes_after_a_killed_one_tells_the_gap(server: Server) -> None:
    first, second = server.listen("one"), server.process("two")
    server.go(second)
    assert second.held[server.house.tenant] == {}
    server.play("say", text="第一句")
    server.let_go(until=server.entries)
    server.go(first)
    server.kill(first)
    server.go(second)
    assert second.held[server.house.tenant] == {}, "its lease has not run out"
    server.house.run("UPDATE listeners SET until = now() - interval '1 second'")
    server.play("say", text="没人听见")
    server.let_go(until=lambda: len(server.theatre.pushed) == 2)
    server.go(second)
    [gap] = server.let_go(until=server.gaps)
    assert gap["from_at"] < gap["until_at"]
    server.play("say", text="第三句")
    server.let_go(until=lambda: len(server.entries()) == 2)
    assert [entry["said"] for entry in server.entries()] == ["第一句", "第三句"], "what nobody heard is not made up"


def test_a_process_that_ends_in_order_hands_on_at_once_and_one_whose_lease_is_lost_leaves(server: Server) -> None:
    first = server.listen("one")
    server.house.run("UPDATE listeners SET holder = 'somebody else', until = now() + interval '1 minute'")
    server.go(first)
    assert first.held[server.house.tenant] == {}
    server.house.run("UPDATE listeners SET until = now() - interval '1 second'")
    server.go(first)
    assert server.id in first.held[server.house.tenant]
    server.runner.run(first.close())
    second = server.process("two")
    server.go(second)
    assert server.id in second.held[server.house.tenant]


def test_a_line_that_ends_is_opened_anew_and_the_time_between_is_told(server: Server) -> None:
    rounds = server.listen()
    server.play("hang_up")
    [gap] = server.let_go(until=server.gaps)
    assert gap["fault"] == "closed"
    server.play("say", text="又在了")
    assert server.let_go(until=server.entries)[0]["said"] == "又在了"
    server.house.run('UPDATE accounts SET settings = settings || \'{"events_url": "none"}\' WHERE id = %s', server.id)
    server.go(rounds)
    assert rounds.held[server.house.tenant] == {}
    assert server.house.one("SELECT count(*) FROM listeners") == 0, "nobody wants to hear it: no gap will be counted"


def test_an_account_that_is_thrown_out_is_stopped_once_until_a_person_lets_it_go_on(server: Server) -> None:
    server.listen()
    server.play("offline")
    server.let_go(until=lambda: server.house.rows("SELECT 1 FROM stops"))
    assert server.house.one("SELECT is_stopped(%s)", server.id)
    server.let_go(until=lambda: server.house.rows("SELECT 1 FROM callback_inbox"))
    server.pushed_by_http()
    with server.house.within():
        [stop] = list_stops(server.house.actor("owner"))
        assert stop.by == "系统 / the system"
        assert "离线" in stop.reason
        assert resume(server.house.actor("owner"), "account", "bot", "查看过，正常").lifted_at
    assert not server.house.one("SELECT is_stopped(%s)", server.id)


def test_an_account_whose_heartbeat_is_lost_is_stopped(server: Server) -> None:
    server.set(beat=0.1)
    rounds = server.listen()
    server.let_go(until=lambda: server.ear(rounds).beat)
    whole = server.ear(rounds)
    server.kill(rounds)
    ear = replace(whole, patience=0.3, lost=0.8, _tries=0)

    async def listen_while_it_is_silent() -> None:
        task = asyncio.create_task(ear.run(rounds.session))
        until = time.monotonic() + 15
        while not server.house.rows("SELECT 1 FROM stops") and time.monotonic() < until:
            server.set(beat=0.0)
            await asyncio.sleep(0.1)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    server.runner.run(listen_while_it_is_silent())
    assert "心跳" in server.house.one("SELECT reason FROM stops")


def test_a_line_on_which_another_account_speaks_is_not_believed(server: Server) -> None:
    rounds = server.listen()
    server.house.run('UPDATE accounts SET settings = settings || \'{"self_id": "10086"}\' WHERE id = %s', server.id)
    server.kill(rounds)
    server.house.run("UPDATE listeners SET until = now() - interval '1 second', fault = ''")
    again = server.process("two")
    server.go(again)
    server.let_go(until=lambda: "另一个号" in server.house.one("SELECT fault FROM listeners"))
    assert server.entries() == []


def test_beside_a_scheduler_it_is_listened_and_handed_on_when_the_scheduler_ends(server: Server) -> None:
    stopped = threading.Event()
    with listening_beside(stopped, first=0.0, leave=30.0):
        server.let_go(until=lambda: server.house.rows("SELECT 1 FROM listeners WHERE connected_at IS NOT NULL"))
        server.play("say", text="在吗")
        server.let_go(until=server.entries)
    assert server.house.one("SELECT until <= now() AND connected_at IS NULL FROM listeners")


def test_a_scheduler_takes_lines_where_it_is_told_to_and_goes_on_where_it_cannot(server: Server) -> None:
    rounds = server.process("one")

    async def opened_and_closed(where: str) -> None:
        async with _open(rounds, where):
            await asyncio.sleep(0)

    with socket.create_server(("127.0.0.1", 0)) as taken:
        server.runner.run(opened_and_closed(f"127.0.0.1:{taken.getsockname()[1]}"))
    server.runner.run(opened_and_closed("127.0.0.1:0"))


def test_a_shell_tells_who_is_heard_and_when_nobody_was(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    server.listen()
    server.play("hang_up")
    server.let_go(until=server.gaps)
    shown = CliRunner().invoke(inbox, ["lines", "--as", "reviewer@house.test"])
    assert "up" in shown.stdout
    assert "bot was not heard" in shown.stderr
    assert "the server closed the connection" in shown.stderr
    told = json.loads(CliRunner().invoke(inbox, ["lines", "--json", "--as", "reviewer@house.test"]).stdout)
    assert [one["account"] for one in (*told["lines"], *told["gaps"])] == ["bot", "bot"]


BEAT = {"post_type": "meta_event", "meta_event_type": "heartbeat", "interval": 60_000, "status": {"online": True, "good": True}}
SAID = {"post_type": "message", "message_type": "private", "message_id": 5, "user_id": 7, "message": "在吗"}


def test_a_server_that_dials_out_is_heard_and_takes_the_line_from_whoever_listened(server: Server) -> None:
    rounds = server.listen()
    line = server.dial(server.doors(rounds))
    assert not isinstance(line, int)
    server.tell(line, **SAID)
    assert server.let_go(until=server.entries)[0]["said"] == "在吗"
    assert rounds.held[server.house.tenant][server.id].guest
    server.go(rounds)
    assert rounds.held[server.house.tenant][server.id].guest, "nobody listens beside it"
    second = server.dial(server.doors(rounds))
    assert not isinstance(second, int)
    server.tell(second, **{**SAID, "message_id": 6})
    server.let_go(until=lambda: len(server.entries()) == 2)
    server.runner.run(second.close())
    server.let_go(until=lambda: server.house.rows("SELECT 1 FROM listeners WHERE connected_at IS NULL AND until <= now()"))
    server.go(rounds)
    assert not rounds.held[server.house.tenant][server.id].guest, "we listen ourselves again"


def test_who_dials_out_without_the_accounts_token_and_number_is_turned_away(server: Server) -> None:
    address = server.doors(server.process("one"))
    assert server.dial(address, Authorization="Bearer another") == 403
    assert server.dial(address, **{"X-Self-ID": "10086"}) == 403
    assert server.dial(address, **{"X-Client-Role": "API"}) == 403
    assert server.dial(address + "0") == 404
    server.house.run("INSERT INTO channel_switches (channel, is_on) VALUES ('qq_group', false)")
    assert server.dial(address) == 404
    assert server.house.one("SELECT count(*) FROM listeners") == 0


def test_a_server_that_promised_heartbeats_and_does_not_come_back_stops_its_account(server: Server) -> None:
    rounds = server.process("one")
    address = server.doors(rounds, lost=0.3)

    def dials_and_goes(beat: float, **told: Any) -> None:
        line = server.dial(address)
        assert not isinstance(line, int)
        server.tell(line, **told)
        server.let_go(until=lambda: server.entries() and server.id in rounds.held[server.house.tenant])
        server.let_go(until=lambda: server.ear(rounds).beat == beat)
        assert server.house.rows("SELECT 1 FROM stops") == []
        server.runner.run(line.close())
        server.let_go(until=lambda: server.house.rows("SELECT 1 FROM listeners WHERE connected_at IS NULL"))

    dials_and_goes(0.0, **SAID)
    dials_and_goes(60.0, **BEAT)
    server.let_go(until=lambda: server.house.rows("SELECT 1 FROM stops"))
