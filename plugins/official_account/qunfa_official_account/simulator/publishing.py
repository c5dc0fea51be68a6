"""``freepublish``: drafts that go onto the account's page without a notice; state, list, taking down, and the event.

The platform takes no key: whoever submits twice publishes twice, which is what a channel must never do.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from qunfa_official_account.simulator.drafts import Drafts
from qunfa_official_account.simulator.errmsg import Err
from qunfa_official_account.simulator.pushes import push
from qunfa_official_account.simulator.world import Answer, Call, World
from saas.channels.simulator import Effect

DELAY = 0.4
PUBLISHING, DONE, DELETED = 1, 0, 5
NO_SUCH_JOB, NO_SUCH_ARTICLE = 53502, 53600  # community numbers; no page of the platform names them


@dataclass(slots=True)
class Published:
    """One submission. ``status`` as the platform numbers it; ``down``: the numbers of the articles that were deleted."""

    app_id: str
    publish_id: int
    at: datetime
    titles: list[str]
    status: int
    down: set[int]

    @property
    def article_id(self) -> str:
        """The article's id, which the platform gives once it stands."""
        return f"simulated_{self.publish_id}" if self.status in (DONE, DELETED) else ""

    @property
    def data_id(self) -> int:
        """By this number statistics know it."""
        return self.publish_id + 40_000_000

    def url(self, index: int) -> str:
        """The permanent address of an article."""
        return f"https://mp.weixin.qq.com/s?__biz=simulated&mid={self.data_id}&idx={index}"


class Publishing:
    """The endpoints under ``/cgi-bin/freepublish/``. What stands is read back from the log of effects."""

    def __init__(self, world: World, drafts: Drafts) -> None:
        self._world, self._drafts = world, drafts
        self._of: dict[tuple[str, int], Published] = {}
        self._last = 2_247_483_000
        for effect in world.stage.effects:
            if effect.kind == "publish":
                self._keep(_restored(effect))
            elif effect.kind == "page_down":
                self._delete(self._of[str(effect.detail["app_id"]), int(effect.platform_id)], int(effect.detail["index"]))

    def submit(self, call: Call) -> Answer:
        """``submit``: the draft leaves the draft box when it stands."""
        media_id = str(call.body.get("media_id", ""))
        if not media_id:
            raise Err(41006)
        titles = [str(article["title"]) for article in self._drafts.articles(call.app_id, media_id)]
        verdict = int(call.record.get("publish_verdict", DONE))
        job = Published(call.app_id, self._last + 1, self._world.stage.now(), titles, PUBLISHING, set())
        self._keep(job)
        if verdict == DONE:
            self._drafts.consume(call.app_id, media_id)
            about = {"app_id": call.app_id, "titles": titles}
            self._world.stage.effect(call.app_id, "publish", 1, media_id, str(job.publish_id), **about)
        self._world.stage.later(float(call.record.get("finish_delay", DELAY)), lambda: self._finish(job, verdict))
        return {"errcode": 0, "errmsg": "ok", "publish_id": str(job.publish_id), "msg_data_id": job.data_id}

    async def _finish(self, job: Published, verdict: int) -> None:
        if job.status == PUBLISHING:
            job.status = verdict
        event = {"FromUserName": "mphelper", "MsgType": "event", "Event": "PUBLISHJOBFINISH"}
        push(self._world, job.app_id, {**event, "PublishEventInfo": _told(job)})

    def get(self, call: Call) -> Answer:
        """``get``: how far it is."""
        return _told(self._found(call))

    def delete(self, call: Call) -> Answer:
        """``delete``: one article, or all of them; cannot be undone."""
        job, index = self._article(call), int(call.body.get("index") or 0)
        if not 0 <= index <= len(job.titles):
            raise Err(40114)
        if job.status == DELETED or index in job.down:
            raise Err(NO_SUCH_ARTICLE)
        self._delete(job, index)
        about = {"app_id": call.app_id, "index": index}
        self._world.stage.effect(call.app_id, "page_down", 1, "", str(job.publish_id), **about)
        return {"errcode": 0, "errmsg": "ok"}

    def article(self, call: Call) -> Answer:
        """``getarticle``: what stands, and what was deleted."""
        return {"news_item": _items(self._article(call))}

    def batch(self, call: Call) -> Answer:
        """``batchget``: the newest first; only what was published, never what was mass-sent."""
        offset, count = call.body.get("offset"), call.body.get("count")
        if not isinstance(offset, int) or not isinstance(count, int) or offset < 0 or not 1 <= count <= 20:
            raise Err(40097)
        own = [job for job in reversed(self._of.values()) if job.app_id == call.app_id and job.status in (DONE, PUBLISHING)]
        shown = [job for job in own if job.status == DONE]
        items = [
            {"article_id": job.article_id, "content": {"news_item": _items(job)}, "update_time": int(job.at.timestamp())}
            for job in shown[offset : offset + count]
        ]
        return {"total_count": len(shown), "item_count": len(items), "item": items}

    def _keep(self, job: Published) -> None:
        self._of[job.app_id, job.publish_id] = job
        self._last = max(self._last, job.publish_id)

    def _found(self, call: Call) -> Published:
        text = str(call.body.get("publish_id", ""))
        job = self._of.get((call.app_id, int(text))) if text.isdigit() else None
        if job is None:
            raise Err(NO_SUCH_JOB)
        return job

    def _article(self, call: Call) -> Published:
        wished = str(call.body.get("article_id", ""))
        job = next((one for one in self._of.values() if one.app_id == call.app_id and one.article_id == wished), None)
        if job is None or not wished:
            raise Err(NO_SUCH_ARTICLE)
        return job

    def _delete(self, job: Published, index: int) -> None:
        job.down |= {index} if index else set(range(1, len(job.titles) + 1))
        if len(job.down) == len(job.titles):
            job.status = DELETED


def _told(job: Published) -> dict[str, Any]:
    """State as ``get`` and the event give it: the id and addresses only of what stands, the faulty ones of what failed."""
    told: dict[str, Any] = {"publish_id": job.publish_id, "publish_status": job.status}
    if job.article_id:
        urls = [{"idx": n, "article_url": job.url(n)} for n in range(1, len(job.titles) + 1)]
        return {**told, "article_id": job.article_id, "article_detail": {"count": len(urls), "item": urls}}
    return {**told, "fail_idx": list(range(1, len(job.titles) + 1))} if job.status not in (DONE, PUBLISHING) else told


def _items(job: Published) -> list[dict[str, Any]]:
    return [{"title": title, "url": job.url(n), "is_deleted": n in job.down} for n, title in enumerate(job.titles, 1)]


def _restored(effect: Effect) -> Published:
    at, titles = datetime.fromisoformat(effect.at), [str(title) for title in effect.detail["titles"]]
    return Published(str(effect.detail["app_id"]), int(effect.platform_id), at, titles, DONE, set())
