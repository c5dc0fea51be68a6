"""How many left after a send: counted from pushes, unknown where a platform never tells."""

from __future__ import annotations

from saas.delivery.measuring import Measuring
from tests.delivery.conftest import Stage


def left(stage: Stage, kind: str, hours: int, number: int) -> None:
    """Somebody came or went so many hours after the send."""
    stage.house.as_owner(
        "INSERT INTO inbox_entries (account_id, dedupe, kind, at) SELECT account_id, %s, %s,"
        " accepted_at + make_interval(hours => %s)"
        " FROM deliveries LIMIT 1",
        f"{kind}{hours}{number}", kind, hours,
    )  # fmt: skip


def test_those_who_left_within_72_hours_are_counted_once_the_platform_tells_of_anybody(stage: Stage) -> None:
    stage.ready(1)
    worker = stage.worker()
    stage.turns()

    def measured() -> list[tuple[int, str]]:
        stage.house.run("UPDATE dispatches SET figures_at = now()")
        stage.run(Measuring(worker.host, stage.house.tenant).run())
        found = stage.house.rows("SELECT value, source FROM figures_now WHERE name = 'left_72h'")
        return [(row["value"], row["source"]) for row in found]

    assert measured() == []
    left(stage, "follow", 1, 0)
    assert measured() == [(0, "callback")]
    for number, hours in enumerate((1, 71, 73, -1)):
        left(stage, "unfollow", hours, number)
    assert measured() == [(2, "callback")]
