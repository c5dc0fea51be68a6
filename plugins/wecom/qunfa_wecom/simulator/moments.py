"""Customer moments: a job makes a moment, each member publishes it or does not."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from qunfa_wecom.simulator.corps import Corp
from qunfa_wecom.simulator.gate import Ask, Gate
from qunfa_wecom.simulator.journal import Journal
from qunfa_wecom.simulator.mediatheque import Mediatheque
from qunfa_wecom.simulator.pages import page, short, text_of, words
from qunfa_wecom.simulator.replies import Refusal
from saas.channels.simulator import Stage

TEXT_CHARS, TEXT_BYTES, IMAGES = 2_000, 4_000, 9
CREATES_A_MINUTE = 10
JOB_TAKES, JOB_LIVES = 0.2, 86_400
LISTED = 30 * 86_400
SENDERS = 100_000
EFFECT = "moments"


@dataclass(slots=True)
class Moment:
    """One moment, the job that made it, and when each member published it."""

    moment_id: str
    jobid: str
    corp: str
    at: float
    content: Mapping[str, Any]
    members: tuple[str, ...]
    strangers: list[str]
    published: dict[str, float] = field(default_factory=dict)
    stopped: bool = False
    tags: list[str] = field(default_factory=list)

    @property
    def open(self) -> bool:
        """Whether a member may still publish."""
        return not self.stopped and len(self.published) < len(self.members)


class Moments:
    """Every moment of every corp."""

    def __init__(self, stage: Stage, gate: Gate, journal: Journal, media: Mediatheque) -> None:
        self._stage, self._gate, self._journal, self._media = stage, gate, journal, media
        self._all: dict[str, Moment] = {}
        self._jobs: dict[str, Moment] = {}

    def replay(self, line: Mapping[str, Any]) -> None:
        """Take up a line of the journal."""
        if line["what"] == "moment":
            detail = {name: value for name, value in line.items() if name != "what"}
            self._add(Moment(**{**detail, "members": tuple(detail["members"])}))
        elif line["what"] == "moment_stopped":
            self._all[line["moment_id"]].stopped = True

    def replay_publish(self, moment_id: str, member: str, at: float) -> None:
        """Take up an effect of the log: the member published."""
        if moment_id in self._all:
            self._all[moment_id].published[member] = at

    def resume(self) -> None:
        """Wait on for the members who had not published when the simulator stopped."""
        for moment in self._all.values():
            self._wait(moment)

    async def create(self, ask: Ask) -> Mapping[str, Any]:
        """``add_moment_task``."""
        now = self._stage.now().timestamp()
        recent = [m for m in self._all.values() if m.corp == ask.corp.id and now - m.at < 60]
        if len(recent) >= CREATES_A_MINUTE:
            raise Refusal(45009)
        content = self._content(ask.corp, ask.body)
        members, strangers = _senders(ask)
        moment = Moment("mom" + secrets.token_urlsafe(18), secrets.token_hex(16), ask.corp.id, now, content, members, strangers)
        moment.tags = _tags(ask)
        detail = {"at": now, "content": content, "members": members, "strangers": strangers, "tags": moment.tags}
        self._journal.write("moment", moment_id=moment.moment_id, jobid=moment.jobid, corp=moment.corp, **detail)
        shown = {"jobid": moment.jobid, "members": len(members), "text": words(content)}
        self._stage.effect(ask.corp.id, "moments_task", 0, "", moment.moment_id, **shown)
        self._wait(self._add(moment))
        return {"jobid": moment.jobid}

    async def job(self, ask: Ask) -> Mapping[str, Any]:
        """``get_moment_task_result?jobid``: known for a day."""
        moment, now = self._jobs.get(str(ask.body.get("jobid", ""))), self._stage.now().timestamp()
        if moment is None or moment.corp != ask.corp.id or now - moment.at > JOB_LIVES:
            raise Refusal(40058)
        if now - moment.at < JOB_TAKES:
            return {"status": 2, "type": "add_moment_task"}
        invalid = {"invalid_sender_list": {"user_list": moment.strangers, "department_list": []}}
        done = {"errcode": 0, "errmsg": "ok", "moment_id": moment.moment_id, **invalid}
        return {"status": 3, "type": "add_moment_task", "result": done}

    async def listing(self, ask: Ask) -> Mapping[str, Any]:
        """``get_moment_list``: newest first, 30 days at most."""
        start, end = int(ask.body.get("start_time") or 0), int(ask.body.get("end_time") or 0)
        if not start or end < start or end - start > LISTED:
            raise Refusal(40058)
        wanted, now = int(ask.body.get("filter_type", 2)) != 1, self._stage.now().timestamp()
        mine = [m for m in self._all.values() if m.corp == ask.corp.id and now - m.at >= JOB_TAKES and wanted]
        found, cursor = page([m for m in mine if start <= m.at <= end][::-1], ask.body, 20, 20)
        return {"moment_list": [_listed(m) for m in found], "next_cursor": cursor}

    async def tasks(self, ask: Ask) -> Mapping[str, Any]:
        """``get_moment_task``: each member, and whether it is published."""
        moment = self._settled(ask)
        found, cursor = page(moment.members, ask.body, 1_000, 500)
        entries = [{"userid": member, "publish_status": int(member in moment.published)} for member in found]
        return {"task_list": entries, "next_cursor": cursor}

    async def customers(self, ask: Ask) -> Mapping[str, Any]:
        """``get_moment_customer_list``: whom a member chose."""
        moment = self._settled(ask)
        member = self._member(ask, moment)
        found, cursor = page(_seen_by(ask.corp, member, moment.tags), ask.body, 1_000, 500)
        return {
            "customer_list": [{"userid": member, "external_userid": ask.corp.customer(i)} for i in found],
            "next_cursor": cursor,
        }

    async def results(self, ask: Ask) -> Mapping[str, Any]:
        """``get_moment_send_result``: who sees what a member published."""
        moment = self._settled(ask)
        member = self._member(ask, moment)
        if member not in moment.published:
            raise Refusal(41062)
        found, cursor = page(_seen_by(ask.corp, member, moment.tags), ask.body, 5_000, 3_000)
        return {"customer_list": [{"external_userid": ask.corp.customer(i)} for i in found], "next_cursor": cursor}

    async def cancel(self, ask: Ask) -> Mapping[str, Any]:
        """``cancel_moment_task``: stops what is not published; twice changes nothing."""
        moment = self._settled(ask)
        if moment.open:
            moment.stopped = True
            self._journal.write("moment_stopped", moment_id=moment.moment_id)
            self._stage.effect(moment.corp, "stop", 0, "", moment.moment_id, stopped=len(moment.members) - len(moment.published))
        return {}

    def settle(self, corp: Corp) -> None:
        """Let every member publish whose time has come."""
        now, delay = self._stage.now().timestamp(), float(corp.record.get("confirm_delay", 0))
        confirming = corp.confirming
        for moment in self._all.values():
            if moment.corp == corp.id and moment.open and moment.at + delay <= now:
                for member in [m for m in moment.members if m in confirming and m not in moment.published]:
                    moment.published[member] = now
                    people = len(_seen_by(corp, member, moment.tags))
                    self._stage.effect(corp.id, EFFECT, people, "", moment.moment_id, member=member, jobid=moment.jobid)

    def _add(self, moment: Moment) -> Moment:
        self._all[moment.moment_id] = self._jobs[moment.jobid] = moment
        return moment

    def _wait(self, moment: Moment) -> None:
        corp = self._gate.corp(moment.corp)
        if not corp or not moment.open:
            return
        due = moment.at + float(corp.record.get("confirm_delay", 0)) - self._stage.now().timestamp()

        async def publish() -> None:
            now = self._gate.corp(moment.corp)
            if now:
                self.settle(now)

        self._stage.later(max(due, 0.0) + 0.001, publish)

    def _settled(self, ask: Ask) -> Moment:
        self.settle(ask.corp)
        if not ask.body.get("moment_id"):
            raise Refusal(41059)
        moment = self._all.get(str(ask.body["moment_id"]))
        if moment is None or moment.corp != ask.corp.id:
            raise Refusal(41060)
        return moment

    def _member(self, ask: Ask, moment: Moment) -> str:
        member = ask.corp.member(str(ask.body.get("userid", "")))
        if member is None or member not in moment.members:
            raise Refusal(41061)
        return member

    def _content(self, corp: Corp, body: Mapping[str, Any]) -> dict[str, Any]:
        text, attachments = text_of(body, TEXT_BYTES), body.get("attachments") or []
        kinds = {attachment.get("msgtype") for attachment in attachments}
        if len(text) > TEXT_CHARS:
            raise Refusal(45002)
        if len(kinds) > 1 or not kinds <= {"image", "video", "link"}:
            raise Refusal(41065)
        if len(attachments) > (IMAGES if kinds == {"image"} else 1):
            raise Refusal(41064)
        if not text and not attachments:
            raise Refusal(40058)
        for attachment in attachments:
            card = attachment[attachment["msgtype"]]
            if attachment["msgtype"] != "link" or card.get("media_id"):
                self._media.require(corp.id, card.get("media_id"), "moments")
            short(card.get("title"), 64)
        return {"text": text, "kind": next(iter(kinds), ""), "cards": [a[a["msgtype"]] for a in attachments]}


def _senders(ask: Ask) -> tuple[tuple[str, ...], list[str]]:
    """The members who are asked, and the userids that are nobody's."""
    wanted = ((ask.body.get("visible_range") or {}).get("sender_list") or {}).get("user_list") or []
    if len(wanted) > SENDERS:
        raise Refusal(40058)
    if not wanted:
        return ask.corp.members, []
    known = tuple(member for user in wanted if (member := ask.corp.member(str(user))))
    if not known:
        raise Refusal(60111)
    return known, [str(user) for user in wanted if not ask.corp.member(str(user))]


def _tags(ask: Ask) -> list[str]:
    """The tags of which a customer must carry one to see the moment; none for everybody."""
    wanted = ((ask.body.get("visible_range") or {}).get("external_contact_list") or {}).get("tag_list") or []
    if not {str(tag) for tag in wanted} <= {str(tag["id"]) for tag in ask.corp.record.get("tags", ())}:
        raise Refusal(40068)
    return [str(tag) for tag in wanted]


def _seen_by(corp: Corp, member: str, tags: list[str]) -> list[int]:
    """The customers who see a member's moment: those of whom the member is the last to have spoken with."""
    wanted, own = set(tags), (index for index in corp.customers_of(member) if corp.owner(index) == member)
    return [index for index in own if not wanted or wanted & set(corp.tags_of(index))]


def _listed(moment: Moment) -> dict[str, Any]:
    entry = {"moment_id": moment.moment_id, "create_time": str(int(moment.at)), "create_type": 0, "visible_type": 0}
    entry["text"] = {"content": moment.content["text"]}
    kind, cards = moment.content["kind"], moment.content["cards"]
    if kind == "image":
        entry["image"] = cards
    elif kind:
        entry[kind] = cards[0]
    return entry
