"""Two families of statistics, one source a delivery: that of 2025-11, and the retired one where the account has no other."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest

from qunfa_official_account import plugin
from saas.channels import Receipt
from saas.channels.http import Http

RETIRED = ("/datacube/getarticletotal", "/datacube/getarticlesummary")


async def sent(stage, to_all, articles=2):
    answer = await stage.send(stage.articles(articles), to_all)
    assert isinstance(answer, Receipt)
    await stage.heard()
    return replace(to_all, ids=answer.ids)


async def told(stage, delivery, later=timedelta()):
    return await plugin.figures(stage.account, delivery, datetime.now(UTC) + later, stage.line)


class Noting(Http):
    """A line that notes which statistics were asked."""

    def __init__(self):
        super().__init__()
        self.asked = []

    async def post(self, url, **given):
        self.asked += [path for path in [urlsplit(url).path] if path.startswith("/datacube/")]
        return await super().post(url, **given)


async def asked(stage, delivery, times=1):
    """What the platform was asked, and the figures of the last time."""
    await stage.line.http.close()
    stage.line.http = Noting()
    found = [await told(stage, delivery) for _ in range(times)]
    return stage.line.http.asked, found[-1]


async def test_an_account_without_the_new_statistics_is_told_by_the_retired_and_said_so(rehearse, to_all):
    async with rehearse(people=20_000, statistics="both") as stage:
        delivery = await sent(stage, to_all)
        new = await told(stage, delivery)
    async with rehearse(people=20_000, statistics="retired") as stage:
        old = await told(stage, delivery)
        shared = ("opened", "opened_all", "shared", "collected", "from_message", "from_chat", "from_moments", "from_profile")
        assert {name: old[name] for name in shared} == {name: new[name] for name in shared}
        assert old["retired_statistics"] == 1 and "retired_statistics" not in new
        assert not {"liked", "recommended", "commented", "finished", "from_search"} & set(old)
        assert sum(value for name, value in old.items() if name.startswith("from_")) == old["opened_all"]


async def test_the_new_statistics_are_asked_in_vain_once_a_day_at_most(rehearse, to_all):
    async with rehearse(people=20_000, statistics="retired") as stage:
        delivery = await sent(stage, to_all)
        paths, found = await asked(stage, delivery, times=2)
        assert paths == ["/datacube/getarticletotaldetail", RETIRED[0], RETIRED[0]] and found["opened"]


async def test_who_gets_the_new_statistics_moves_to_them_and_is_told_nothing_twice(rehearse, to_all):
    async with rehearse(people=20_000, statistics="retired") as stage:
        delivery = await sent(stage, to_all)
        assert (await told(stage, delivery))["retired_statistics"] == 1
        stage.patch(statistics="both")
        stage.line.memory.pop("statistics")
        moved = await told(stage, delivery)
        alone = await told(stage, replace(delivery, id=99))
        assert moved == {**alone, "retired_statistics": 0}
        stage.patch(statistics="retired")
        assert await told(stage, delivery) == {}


async def test_what_the_new_statistics_have_told_is_not_lowered_by_the_retired(rehearse, to_all):
    async with rehearse(people=20_000, statistics="both") as stage:
        delivery = await sent(stage, to_all)
        assert (await told(stage, delivery))["liked"]
        stage.patch(statistics="retired")
        assert await asked(stage, delivery) == (["/datacube/getarticletotaldetail"], {})


@pytest.mark.parametrize("statistics", ["both", "current"])
async def test_a_send_of_before_the_new_statistics_is_asked_of_the_retired_alone(rehearse, to_all, statistics):
    async with rehearse(statistics=statistics) as stage:
        delivery = replace(await sent(stage, to_all), started_at=datetime(2025, 10, 31, 4, tzinfo=UTC))
        assert await asked(stage, delivery) == ([RETIRED[0]], {})


async def test_without_a_total_the_days_own_summary_stands_in_and_names_no_scene(rehearse, to_all):
    async with rehearse(people=20_000, statistics="retired") as stage:
        delivery = await sent(stage, to_all)
        stage.fault("error", "/getarticletotal", "61503", times=2)
        summary = await told(stage, delivery)
        assert set(summary) == {"opened_all", "shared", "collected", "retired_statistics"} and summary["opened_all"]
        stage.fault("error", "/getarticletotal", "61503", times=2)
        assert await told(stage, delivery, timedelta(days=1)) == {}


async def test_an_account_with_no_statistics_at_all_has_no_figures(rehearse, to_all):
    async with rehearse(statistics="none") as stage:
        delivery = await sent(stage, to_all)
        assert await told(stage, delivery) == {}
        assert "statistics" not in stage.line.memory
