"""Statistics of articles: plausible, and always the same for the same job. Figures are there at once on the stage."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from qunfa_official_account.simulator.errmsg import Err
from qunfa_official_account.simulator.jobs import Job, Jobs
from qunfa_official_account.simulator.mass import article_url
from qunfa_official_account.simulator.world import ZONE, Answer, Call, World

GROWTH = (0.62, 0.86, 0.94, 0.97, 1.0)
TRACKED = 30
READY_HOUR = 8
SCENES = (("聊天会话", 0.07), ("朋友圈", 0.11), ("公众号主页", 0.02), ("推荐", 0.09), ("搜一搜", 0.03), ("其他", 0.01))


class Cube:
    """``getarticleread``, ``getarticleshare`` and ``getarticletotaldetail``."""

    def __init__(self, world: World, jobs: Jobs) -> None:
        self._world, self._jobs = world, jobs

    def read(self, call: Call) -> Answer:
        """Readers of one day."""
        return self._daily(call, lambda d: {"read_user": d["read_user"], "read_user_source": d["read_user_source"]})

    def share(self, call: Call) -> Answer:
        """Sharers of one day."""
        return self._daily(call, lambda d: {"share_user": d["share_user"]})

    def total(self, call: Call) -> Answer:
        """Articles published on one day, with their totals on each day since."""
        day, today = self.day(call), self.today()
        rows = []
        for job, index, title in self.published(call):
            if local_day(job.at) == day:
                span = min((today - day).days, TRACKED - 1)
                details = [{"stat_date": str(day + timedelta(n)), **figures(job, index, n)} for n in range(span + 1)]
                about = {"title": title, "content_url": article_url(job, index), "publish_type": 0}
                rows.append({"ref_date": str(day), "msgid": f"{job.data_id}_{index}", **about, "detail_list": details})
        return {"list": rows, "is_delay": False}

    def _daily(self, call: Call, pick: Any) -> Answer:
        day, rows = self.day(call), []
        for job, index, _ in self.published(call):
            age = (day - local_day(job.at)).days
            if 0 <= age < TRACKED:
                detail = pick(_increment(job, index, age))
                rows.append({"ref_date": str(day), "msgid": f"{job.data_id}_{index}", "detail": detail})
        return {"list": rows, "is_delay": False}

    def published(self, call: Call) -> Iterator[tuple[Job, int, str]]:
        """Every article of the account that is out: its job, number and title."""
        for job in self._jobs.of[call.app_id]:
            if job.status in ("SEND_SUCCESS", "DELETE"):
                for index, title in enumerate(job.titles, 1):
                    yield job, index, title

    def today(self) -> date:
        """The day it is, as the platform counts days."""
        return self._world.local().date()

    def day(self, call: Call, family: str = "current") -> date:
        """The one day asked for. The platform's own rule (until yesterday, after 08:00) holds with ``figures`` next_day. 48001
        where the account's ``statistics`` are others."""
        if call.record.get("statistics", "current") not in (family, "both"):
            raise Err(48001)
        try:
            begin, end = (date.fromisoformat(str(call.body.get(name, ""))) for name in ("begin_date", "end_date"))
        except ValueError:
            raise Err(61500) from None
        now = self._world.local()
        late = call.record.get("figures", "at_once") == "next_day"
        if begin != end or end > now.date() or (late and end == now.date()):
            raise Err(61501)
        if late and end == now.date() - timedelta(1) and now.hour < READY_HOUR:
            raise Err(61503)
        return end


def figures(job: Job, index: int, age: int) -> dict[str, Any]:
    """Totals of one article ``age`` days after it went out."""
    seed = hashlib.sha256(f"{job.app_id}:{job.data_id}:{index}".encode()).digest()
    growth = GROWTH[min(age, len(GROWTH) - 1)]
    share_of_opens = (0.08 + seed[0] / 255 * 0.17) / (1 + 0.6 * (index - 1))
    session = int(job.sent * share_of_opens * growth)
    sources = [{"scene_desc": "公众号消息", "user_count": session}]
    sources += [{"scene_desc": name, "user_count": int(session * part)} for name, part in SCENES]
    read = sum(int(str(source["user_count"])) for source in sources)
    return {
        "read_user": read,
        "read_user_source": [{"scene_desc": "全部", "user_count": read}, *sources],
        "share_user": int(read * (0.02 + seed[1] / 255 * 0.06)),
        "zaikan_user": int(read * 0.01),
        "like_user": int(read * (0.01 + seed[2] / 255 * 0.03)),
        "comment_count": int(read * 0.004),
        "collection_user": int(read * (0.005 + seed[3] / 255 * 0.02)),
        "read_finish_rate": round(0.25 + seed[4] / 255 * 0.5, 7),
        "read_delivery_rate": round(session / job.sent, 7) if job.sent else 0.0,
    }


def _increment(job: Job, index: int, age: int) -> dict[str, Any]:
    """What one day added to the totals."""
    now, before = figures(job, index, age), figures(job, index, age - 1) if age else None
    if not before:
        return now
    pairs = zip(now["read_user_source"], before["read_user_source"], strict=True)
    sources = [{**new, "user_count": new["user_count"] - old["user_count"]} for new, old in pairs]
    grown = {name: now[name] - before[name] for name in ("read_user", "share_user")}
    return {**grown, "read_user_source": sources}


def local_day(moment: datetime) -> date:
    return moment.astimezone(ZONE).date()
