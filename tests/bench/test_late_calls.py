"""A call that never ends costs its sender nothing but that call: what may be out is repeated by its key, the others go out."""

from __future__ import annotations

import asyncio

import pytest

from bench import campaign
from bench.channel import BenchChannel, registry
from bench.endpoint import Endpoint
from bench.stage import TENANT, stage
from saas.channels import Account, Delivery, Message, Outcome, Platform
from saas.channels.broken import TOO_LATE
from saas.delivery import sending


def test_a_call_that_never_ends_is_unknown_and_the_others_go_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "LONGEST_CALL", 0.2)
    straight = BenchChannel.send

    async def sometimes_for_ever(
        self: BenchChannel, account: Account, message: Message, delivery: Delivery, platform: Platform
    ) -> Outcome:
        if delivery.target.ids[0].endswith("7"):
            await asyncio.Event().wait()
        return await straight(self, account, message, delivery, platform)

    sometimes_for_ever.__dict__.update(straight.__dict__)  # the mark of a hook
    monkeypatch.setattr(BenchChannel, "send", sometimes_for_ever)
    assert registry(4).get("bench")
    with stage() as place, Endpoint() as endpoint:
        place.agency("")
        dispatch = place.campaign(40, endpoint.url)
        place.wake(dispatch)
        asyncio.run(_one_turn(place))
        assert place.totals(dispatch) == (36, 4)
        with place.tenant() as connection:
            query = "SELECT state, code, reason, reserved_by IS NOT NULL FROM deliveries WHERE state <> 'sent'"
            rows = connection.execute(query).fetchall()
    assert rows == [("due", "repeating", TOO_LATE, True)] * 4


async def _one_turn(place: campaign.Stage) -> None:
    async with campaign.working_engine(place, 4) as engine:
        await asyncio.wait_for(engine.turn(TENANT, 0.5), 20)
