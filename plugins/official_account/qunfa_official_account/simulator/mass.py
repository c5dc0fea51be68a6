"""Mass send: to all, by tag, to a list; preview, status and taking down."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from qunfa_official_account.simulator.administrator import Administrator, Asked
from qunfa_official_account.simulator.drafts import Drafts
from qunfa_official_account.simulator.errmsg import Err
from qunfa_official_account.simulator.followers import OPENID, followers, leave, members
from qunfa_official_account.simulator.jobs import Job, Jobs
from qunfa_official_account.simulator.media import is_material
from qunfa_official_account.simulator.pushes import push
from qunfa_official_account.simulator.world import Answer, Call, World

DELAY = 0.4
TEXT = 20_000
LEAST, MOST = 2, 10_000


class Mass:
    """The endpoints under ``/cgi-bin/message/mass/``."""

    def __init__(self, world: World, drafts: Drafts, jobs: Jobs) -> None:
        self._world, self._drafts, self._jobs = world, drafts, jobs
        self._admin = Administrator(world, jobs)
        self._admin.resume(self._answered)

    def to_all(self, call: Call) -> Answer:
        """``sendall``: everybody, or one tag."""
        whom = call.body.get("filter") or {}
        if whom.get("is_to_all"):
            return self._submit(call, "all", lambda: followers(call.app_id, call.record))
        if not str(whom.get("tag_id", "")).isdigit():
            raise Err(40152)
        tag = int(whom["tag_id"])
        if all(known["id"] != tag for known in call.record.get("tags", ())):
            raise Err(40152)
        return self._submit(call, str(tag), lambda: members(call.app_id, call.record, tag))

    def to_list(self, call: Call) -> Answer:
        """``send``: 2 to 10 000 openids, on verified service accounts only."""
        listed = call.body.get("touser")
        if not isinstance(listed, list) or len(listed) > MOST:
            raise Err(40032)
        if len(listed) < LEAST:
            raise Err(40130)
        if not all(isinstance(openid, str) and OPENID.match(openid) for openid in listed):
            raise Err(40031)
        return self._submit(call, "list", lambda: dict.fromkeys(listed))

    def preview(self, call: Call) -> Answer:
        """``preview``: to one person, by openid or by WeChat name."""
        person = str(call.body.get("towxname") or call.body.get("touser") or "")
        if not call.body.get("towxname") and not OPENID.match(person):
            raise Err(40003)
        titles, _ = self._content(call)
        msg_id = str(self._world.stage.timestamp())
        self._world.stage.effect(call.app_id, "preview", 1, person, msg_id, titles=titles)
        return {"errcode": 0, "errmsg": "preview success", "msg_id": int(msg_id)}

    def status(self, call: Call) -> Answer:
        """``get``: a word, and no counts."""
        job = self._jobs.find(call.app_id, _number(call.body.get("msg_id")))
        return {"msg_id": job.msg_id, "msg_status": job.status}

    def take_down(self, call: Call) -> Answer:
        """``delete``: the pages die, the cards stay."""
        job = self._jobs.find(call.app_id, _number(call.body.get("msg_id")))
        index = _number(call.body.get("article_idx") or 0)
        if index > len(job.titles):
            raise Err(40060)
        if job.status != "SEND_SUCCESS" or not job.titles:
            raise Err(40065)
        if not index:
            job.status = "DELETE"
        self._world.stage.effect(
            call.app_id, "take_down", job.sent, job.key, str(job.msg_id), app_id=call.app_id, article_idx=index
        )
        return {"errcode": 0, "errmsg": "ok"}

    def _submit(self, call: Call, reach: str, people: Any) -> Answer:
        key = str(call.body.get("clientmsgid", ""))
        self._jobs.repeated(call, key)
        titles, draft = self._content(call)
        self._jobs.check_cap(call, reach)
        everybody: Iterable[str] = people()
        job = self._jobs.open(call, key, reach, everybody, titles)
        kind = str(call.body["msgtype"])
        if self._admin.must_confirm(call, reach):
            self._admin.ask(Asked(job, draft, kind), self._answered)
        else:
            self._start(job, draft, kind, call)
        data_id = {"msg_data_id": job.data_id} if job.data_id else {}
        return {"errcode": 0, "errmsg": "send job submission success", "msg_id": job.msg_id, **data_id}

    def _start(self, job: Job, draft: str, kind: str, call: Call) -> None:
        verdict = str(call.record.get("verdict", ""))
        if not verdict:
            self._went_out(job, draft, kind)
        delay = float(call.record.get("verdict_delay" if verdict else "finish_delay", DELAY))
        self._world.stage.later(delay, lambda: self._finish(job, verdict))

    async def _answered(self, asked: Asked, verdict: str) -> None:
        """The administrator's word, or the end of the half hour."""
        if not verdict and asked.job.status == "SENDING":
            self._went_out(asked.job, asked.draft, asked.kind)
        await self._finish(asked.job, verdict)

    def _went_out(self, job: Job, draft: str, kind: str) -> None:
        if draft:
            self._drafts.consume(job.app_id, draft)
        self._jobs.settle(job)
        counts = {"total": job.total, "filtered": job.filtered, "errors": job.errors}
        about = {"app_id": job.app_id, "reach": job.reach, "msgtype": kind, "titles": job.titles, "msg_data_id": job.data_id}
        self._world.stage.effect(job.app_id, "mass", job.sent, job.key, str(job.msg_id), **about, **counts)

    async def _finish(self, job: Job, verdict: str) -> None:
        if job.status == "SENDING":
            job.status = "SEND_FAIL" if verdict else "SEND_SUCCESS"
        push(self._world, job.app_id, _finished(job, verdict, int(self._world.record(job.app_id).get("reprints", 0))))
        if not verdict:
            leave(self._world, job.app_id, f"{job.msg_id}")

    def _content(self, call: Call) -> tuple[list[str], str]:
        """Titles and draft of what is to be sent. Raises Err."""
        kind = str(call.body.get("msgtype", ""))
        if kind == "mpnews":
            draft = str((call.body.get("mpnews") or {}).get("media_id", ""))
            return [str(article["title"]) for article in self._drafts.articles(call.app_id, draft)], draft
        if kind == "text":
            _check_text(call)
        elif kind == "image":
            _check_images(call)
        else:
            raise Err(40008)
        return [], ""


def _check_text(call: Call) -> None:
    words = str((call.body.get("text") or {}).get("content", ""))
    if not words.strip():
        raise Err(44004)
    if len(words) > int(call.record.get("text_limit", TEXT)):
        raise Err(45002)


def _check_images(call: Call) -> None:
    """The new form ``images{media_ids}``, and the old one ``image{media_id}`` that older clients still send."""
    old, new = call.body.get("image") or {}, call.body.get("images") or {}
    ids = list(new.get("media_ids") or ([old["media_id"]] if old.get("media_id") else []))
    if not ids:
        raise Err(41006)
    if not all(is_material(call, str(media_id)) for media_id in ids):
        raise Err(40007)


def _finished(job: Job, verdict: str, reprints: int) -> dict[str, Any]:
    counts = (0, 0, 0, 0) if verdict else (job.total, job.filtered, job.sent, job.errors)
    names = ("TotalCount", "FilterCount", "SentCount", "ErrorCount")
    urls = [{"ArticleIdx": i, "ArticleUrl": article_url(job, i)} for i in range(1, len(job.titles) + 1)]
    return {
        "FromUserName": "mphelper",
        "MsgType": "event",
        "Event": "MASSSENDJOBFINISH",
        "MsgID": job.msg_id,
        "Status": verdict or "send success",
        **dict(zip(names, counts, strict=True)),
        "CopyrightCheckResult": _copyright(job, reprints),
        "ArticleUrlResult": {"Count": len(urls), "ResultList": {"item": urls}},
    }


def _copyright(job: Job, reprints: int) -> dict[str, Any]:
    """What the check of originality says: an item an article that has an original elsewhere; nothing was found in others."""
    items = [
        {"ArticleIdx": n, "UserDeclareState": 0, "AuditState": 2, "OriginalArticleUrl": f"https://mp.weixin.qq.com/s/original-{n}",
         "OriginalArticleType": 1, "CanReprint": 1, "NeedReplaceContent": 1, "NeedShowReprintSource": 1}
        for n in range(1, min(reprints, len(job.titles)) + 1)
    ]  # fmt: skip
    return {"Count": len(items), "ResultList": {"item": items} if items else "", "CheckState": 2 if items else 1}


def article_url(job: Job, index: int) -> str:
    """The permanent address of an article."""
    return f"https://mp.weixin.qq.com/s?__biz=simulated&mid={job.data_id}&idx={index}"


def _number(value: Any) -> int:
    text = str(value if value is not None else "")
    if not text.isdigit():
        raise Err(40059)
    return int(text)
