"""A channel written for another contract is refused at start, in words its owner can act on."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from saas.channels import CONTRACT, AccountKind, Channel, FanOut, Limits, Refused, Repeat, Route, Text, hookimpl
from saas.channels.registry import BadChannel, Registry

ROUTE = Route("post", ("text",), ("all",), FanOut("platform"), Repeat("none"))


@hookimpl
async def _recall() -> Refused:
    return Refused("没有 / nothing")


def plugin(contract: Any, **more: Any) -> ModuleType:
    kind = AccountKind("board", Text("公告板", "Board"), (ROUTE,))

    @hookimpl
    def channel() -> Channel:
        return Channel("far", Text("远方", "Far"), (kind,), contract=contract)

    @hookimpl
    def limits() -> Limits:
        return Limits()

    @hookimpl
    async def send() -> Refused:
        return Refused("没有 / nothing")

    made = ModuleType("far")
    vars(made).update(channel=channel, limits=limits, send=send, recall=_recall, **more)
    return made


def refused(contract: Any, **more: Any) -> str:
    with pytest.raises(BadChannel) as told:
        Registry().register("far", plugin(contract, **more))
    return str(told.value)


def test_the_contract_of_this_installation_is_taken() -> None:
    registry = Registry()
    registry.register("far", plugin(CONTRACT))
    registry.freeze()
    assert registry.get("far") is not None


def test_a_newer_channel_is_told_apart_from_a_misspelt_hook() -> None:
    @hookimpl
    def teleport() -> None:
        """A hook of a contract to come."""

    told = refused(CONTRACT + 1, teleport=teleport)
    assert f"it is written for contract {CONTRACT + 1}, this installation speaks {CONTRACT}: install a newer Qunfa" in told


def test_an_older_channel_is_refused_with_the_remedy() -> None:
    assert "install a newer version of the channel" in refused(0)


@pytest.mark.parametrize("contract", ["1", None, True, 1.5])
def test_a_contract_that_is_no_number_is_refused(contract: Any) -> None:
    assert "must be a whole number" in refused(contract)


def test_a_channel_that_cannot_say_what_it_is_is_named() -> None:
    broken = plugin(CONTRACT)

    @hookimpl
    def channel() -> Channel:
        raise RuntimeError("no file")

    vars(broken)["channel"] = channel
    with pytest.raises(BadChannel, match="channel 'far': its hook 'channel' raised RuntimeError: no file"):
        Registry().register("far", broken)
