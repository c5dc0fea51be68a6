"""A channel that raises, or keeps the worker's loop to itself, harms its own sends: those of other channels go out."""

from __future__ import annotations

import threading

from saas.ops.watchdog import Limits, Watchdog
from tests.delivery import hostile
from tests.delivery.conftest import Stage


def join(stage: Stage, name: str, plugin: object, rows: int) -> int:
    """A second channel with a released dispatch of its own; the number of the dispatch."""
    stage.registry.register(name, plugin, f"qunfa-{name}")
    stage.registry.freeze()
    campaign = stage.house.campaign()
    account = stage.house.account(name, channel=name, kind="blind")
    return stage.house.dispatch(campaign, account, rows=rows)


def states_of(stage: Stage, dispatch: int) -> dict[str, int]:
    found = stage.house.rows("SELECT state, count(*) AS n FROM deliveries WHERE dispatch_id = %s GROUP BY 1", dispatch)
    return {row["state"]: row["n"] for row in found}


def turn(stage: Stage, times: int = 1) -> None:
    for _ in range(times):
        stage.run(stage.workers[0].engine.turn(stage.house.tenant))


def test_a_channel_that_raises_leaves_its_own_unknown_and_the_others_are_sent(stage: Stage) -> None:
    good, bad = stage.ready(30), join(stage, "raising", hostile.Raising(), 5)
    stage.worker()
    turn(stage, 4)
    assert states_of(stage, good) == {"sent": 30}
    assert states_of(stage, bad) == {"unknown": 5}
    reasons = stage.house.rows("SELECT DISTINCT reason FROM deliveries WHERE dispatch_id = %s", bad)
    assert [row["reason"] for row in reasons] == ["渠道内部出错，详情见日志 / the channel itself failed; the log tells more"]


def test_a_channel_without_limits_sends_nothing_and_the_others_are_sent(stage: Stage) -> None:
    good, bad = stage.ready(30), join(stage, "raising", hostile.Raising(limits_too=True), 5)
    stage.worker()
    turn(stage, 4)
    assert states_of(stage, good) == {"sent": 30}
    assert states_of(stage, bad) == {"due": 5}


def test_a_channel_that_keeps_the_loop_is_interrupted_and_the_others_are_sent(stage: Stage) -> None:
    good, bad = stage.ready(10), join(stage, "spinning", hostile.Spinning(), 2)
    stage.worker()
    guard = Watchdog(stage.runner.get_loop(), threading.get_ident(), [hostile.__file__], Limits(0.5, 60.0))
    guard.start()
    try:
        turn(stage, 6)
    finally:
        guard.stop()
    assert states_of(stage, good) == {"sent": 10}
    assert states_of(stage, bad) == {"unknown": 2}
