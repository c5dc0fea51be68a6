"""The retired statistics of articles, from the same truth as those of 2025-11: totals by day for seven days, a day's summary."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from qunfa_official_account.simulator.cube import Cube, figures, local_day
from qunfa_official_account.simulator.jobs import Job
from qunfa_official_account.simulator.world import Answer, Call

TRACKED = 7
FROM = {"公众号消息": "session", "聊天会话": "friends", "朋友圈": "feed", "公众号主页": "hist_msg"}


class Retired:
    """``getarticletotal`` and ``getarticlesummary``, where an account's ``statistics`` offers them (48001 elsewhere)."""

    def __init__(self, cube: Cube) -> None:
        self._cube = cube

    def total(self, call: Call) -> Answer:
        """Articles published on one day, with their totals on each of the seven days since."""
        day, today = self._cube.day(call, "retired"), self._cube.today()
        rows = []
        for job, index, title in self._of(call, day):
            days = range(min((today - day).days, TRACKED - 1) + 1)
            details = [{"stat_date": str(day + timedelta(n)), "target_user": job.sent, **_old(job, index, n)} for n in days]
            rows.append({**_about(job, index, title, day), "details": details})
        return {"list": rows}

    def summary(self, call: Call) -> Answer:
        """What one day's articles brought on that day; nobody is told where readers came from."""
        day = self._cube.day(call, "retired")
        told = [(_about(j, i, title, day), _old(j, i, 0)) for j, i, title in self._of(call, day)]
        return {"list": [about | {k: v for k, v in numbers.items() if "_from_" not in k} for about, numbers in told]}

    def _of(self, call: Call, day: date) -> list[tuple[Job, int, str]]:
        return [one for one in self._cube.published(call) if local_day(one[0].at) == day]


def _about(job: Job, index: int, title: str, day: date) -> dict[str, Any]:
    return {"ref_date": str(day), "msgid": f"{job.data_id}_{index}", "title": title}


def _old(job: Job, index: int, age: int) -> dict[str, int]:
    """The same numbers under their old names; scenes that were not told apart then are other."""
    new = figures(job, index, age)
    scenes = {s["scene_desc"]: int(s["user_count"]) for s in new["read_user_source"]}
    parts = {name: scenes[scene] for scene, name in FROM.items()}
    parts["other"] = new["read_user"] - sum(parts.values())
    pairs = {
        "int_page_read": new["read_user"],
        "ori_page_read": 0,
        "share": new["share_user"],
        "add_to_fav": new["collection_user"],
    }
    pairs |= {f"int_page_from_{name}_read": readers for name, readers in parts.items()}
    return {f"{name}_user": n for name, n in pairs.items()} | {f"{name}_count": n + n // 4 for name, n in pairs.items()}
