"""Mass send to customers and to groups: a call makes one task a member; before the member presses send nobody gets anything."""

from __future__ import annotations

import secrets
from collections import Counter
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

CUSTOMERS, GROUPS, ATTACHMENTS, TEXT = 10_000, 2_000, 9, 4_000
MONTH = 31 * 86_400
REMINDERS, DAY = 3, 86_400
UNSENT, SENT, NOT_A_FRIEND, OVER_CAP = 0, 1, 2, 3
EFFECTS = {"single": "customer", "group": "groups"}
DISPATCH_TAKES = 0.1


@dataclass(slots=True)
class MassSend:
    """One mass send: customers (or groups) by member, and, for members who pressed send, what became of each."""

    msgid: str
    corp: str
    at: float
    content: Mapping[str, Any]
    members: Mapping[str, list[int]]
    chat_type: str = "single"
    statuses: dict[str, list[int]] = field(default_factory=dict)
    sent_at: dict[str, float] = field(default_factory=dict)
    stopped: bool = False
    reminders: list[float] = field(default_factory=list)

    @property
    def open(self) -> bool:
        """Whether a member may still press send."""
        return not self.stopped and len(self.statuses) < len(self.members)


class GroupMessages:
    """Every mass send of every corp."""

    def __init__(self, stage: Stage, gate: Gate, journal: Journal, media: Mediatheque) -> None:
        self._stage, self._gate, self._journal, self._media = stage, gate, journal, media
        self._all: dict[str, MassSend] = {}
        self._open: dict[str, MassSend] = {}
        self._received: dict[tuple[str, str, str], Counter[int]] = {}

    def replay(self, line: Mapping[str, Any]) -> None:
        """Take up a line of the journal."""
        if line["what"] == "mass_send":
            self._add(
                MassSend(
                    line["msgid"], line["corp"], line["at"], line["content"], line["members"], line.get("chat_type", "single")
                )
            )
        elif line["what"] == "mass_send_stopped":
            self._open.pop(line["msgid"]).stopped = True
        elif line["what"] == "reminder":
            self._all[line["msgid"]].reminders.append(line["at"])

    def replay_press(self, msgid: str, member: str, at: float) -> None:
        """Take up an effect of the log: the member pressed send."""
        mass, corp = self._all.get(msgid), None
        if mass:
            corp = self._gate.corp(mass.corp)
        if mass and corp:
            self._judge(mass, corp, member, at)

    def resume(self) -> None:
        """Wait on for the members who had not pressed send when the simulator stopped."""
        for mass in list(self._open.values()):
            self._wait(mass)

    async def create(self, ask: Ask) -> Mapping[str, Any]:
        """``add_msg_template``."""
        corp, body = ask.corp, ask.body
        content = self._content(corp, body)
        kind = str(body.get("chat_type") or "single")
        if kind not in EFFECTS:
            raise Refusal(40058)
        members, failed = _group_task(corp, body) if kind == "group" else _customer_tasks(corp, body)
        if not members:
            raise Refusal(41048)
        msgid, now = "msg" + secrets.token_urlsafe(18), self._stage.now().timestamp()
        self._journal.write("mass_send", msgid=msgid, corp=corp.id, at=now, content=content, members=members, chat_type=kind)
        shown = {"members": len(members), "targets": sum(map(len, members.values())), "text": words(content)}
        if kind == "group":
            shown["target"] = next(iter(members))
        self._stage.effect(corp.id, f"{EFFECTS[kind]}_task", 0, "", msgid, **shown)
        self._wait(self._add(MassSend(msgid, corp.id, now, content, members, kind)))
        return {"fail_list": failed, "msgid": msgid}

    async def listing(self, ask: Ask) -> Mapping[str, Any]:
        """``get_groupmsg_list_v2``: newest first; ``creator`` is absent, since an API made them all."""
        start, end = int(ask.body.get("start_time") or 0), int(ask.body.get("end_time") or 0)
        if not start or end < start or end - start > MONTH or ask.body.get("chat_type") not in ("single", "group"):
            raise Refusal(40058)
        of, wanted = ask.body["chat_type"], int(ask.body.get("filter_type", 2)) != 1
        known = [m for m in self._all.values() if m.corp == ask.corp.id and m.chat_type == of and start <= m.at <= end and wanted]
        found, cursor = page(known[::-1], ask.body, 100, 50)
        entries = [{"msgid": m.msgid, "create_time": str(int(m.at)), "create_type": 0, **m.content} for m in found]
        return {"group_msg_list": entries, "next_cursor": cursor}

    async def tasks(self, ask: Ask) -> Mapping[str, Any]:
        """``get_groupmsg_task``: each member, and whether send was pressed."""
        mass = self._settled(ask)
        found, cursor = page(list(mass.members), ask.body, 1_000, 500)
        return {"task_list": [_task(mass, member) for member in found], "next_cursor": cursor}

    async def results(self, ask: Ask) -> Mapping[str, Any]:
        """``get_groupmsg_send_result``: what became of each customer of a member; of groups only those sent to."""
        mass = self._settled(ask)
        member = ask.corp.member(str(ask.body.get("userid", "")))
        if member is None or member not in mass.members:
            raise Refusal(60111)
        targets = mass.members[member]
        told = list(zip(targets, mass.statuses.get(member) or [UNSENT] * len(targets), strict=True))
        if mass.chat_type == "group":
            told = [(index, status) for index, status in told if status == SENT]
        found, cursor = page(told, ask.body, 1_000, 500)
        return {"send_list": [_result(mass, ask.corp, member, *one) for one in found], "next_cursor": cursor}

    async def remind(self, ask: Ask) -> Mapping[str, Any]:
        """``remind_groupmsg_send``: three times in 24 hours, while there is somebody to remind."""
        mass, now = self._settled(ask), self._stage.now().timestamp()
        if not mass.open:
            raise Refusal(41044)
        if len([at for at in mass.reminders if now - at < DAY]) >= REMINDERS:
            raise Refusal(45009)
        mass.reminders.append(now)
        self._journal.write("reminder", msgid=mass.msgid, at=now)
        self._stage.effect(mass.corp, "reminder", 0, "", mass.msgid, members=len(mass.members) - len(mass.statuses))
        self._wait(mass)
        return {}

    async def cancel(self, ask: Ask) -> Mapping[str, Any]:
        """``cancel_groupmsg_send``: stops the tasks that no member has sent; twice changes nothing."""
        mass = self._settled(ask)
        if mass.open:
            mass.stopped = True
            self._open.pop(mass.msgid, None)
            self._journal.write("mass_send_stopped", msgid=mass.msgid)
            waiting = sum(len(c) for m, c in mass.members.items() if m not in mass.statuses)
            self._stage.effect(mass.corp, "stop", 0, "", mass.msgid, stopped=waiting)
        return {}

    def settle(self, corp: Corp) -> None:
        """Let every member press send whose time has come."""
        now, delay = self._stage.now().timestamp(), float(corp.record.get("confirm_delay", 0))
        confirming = corp.confirming
        for mass in [m for m in self._open.values() if m.corp == corp.id and m.at + max(delay, DISPATCH_TAKES) <= now]:
            if corp.wait_for_reminder and not mass.reminders:
                continue
            for member in [m for m in mass.members if m in confirming and m not in mass.statuses]:
                self._press(mass, corp, member, now)

    def _press(self, mass: MassSend, corp: Corp, member: str, now: float) -> None:
        statuses = self._judge(mass, corp, member, now)
        delivered = statuses.count(SENT)
        self._stage.effect(
            corp.id, EFFECTS[mass.chat_type], delivered, "", mass.msgid, member=member, skipped=len(statuses) - delivered
        )

    def _judge(self, mass: MassSend, corp: Corp, member: str, at: float) -> list[int]:
        window, amount = corp.cap(at)
        received = self._received.setdefault((corp.id, mass.chat_type, window), Counter())
        statuses = []
        for index in mass.members[member]:
            gone = corp.lapsed(index) if mass.chat_type == "single" else index in corp.record.get("left", ())
            status = NOT_A_FRIEND if gone else OVER_CAP if received[index] >= amount else SENT
            if status == SENT:
                received[index] += 1
            statuses.append(status)
        mass.statuses[member], mass.sent_at[member] = statuses, at
        if not mass.open:
            self._open.pop(mass.msgid, None)
        return statuses

    def _add(self, mass: MassSend) -> MassSend:
        self._all[mass.msgid] = self._open[mass.msgid] = mass
        return mass

    def _wait(self, mass: MassSend) -> None:
        corp = self._gate.corp(mass.corp)
        if not corp or not mass.open:
            return
        due = mass.at + max(float(corp.record.get("confirm_delay", 0)), DISPATCH_TAKES) - self._stage.now().timestamp()

        async def press() -> None:
            now = self._gate.corp(mass.corp)
            if now:
                self.settle(now)

        self._stage.later(max(due, 0.0) + 0.001, press)

    def _settled(self, ask: Ask) -> MassSend:
        self.settle(ask.corp)
        mass = self._all.get(str(ask.body.get("msgid", "")))
        if mass is None or mass.corp != ask.corp.id:
            raise Refusal(40058)
        if self._stage.now().timestamp() - mass.at < DISPATCH_TAKES:
            raise Refusal(41063)
        return mass

    def _content(self, corp: Corp, body: Mapping[str, Any]) -> dict[str, Any]:
        text, attachments = text_of(body, TEXT), body.get("attachments") or []
        if len(attachments) > ATTACHMENTS:
            raise Refusal(41064)
        if not text and not attachments:
            raise Refusal(40058)
        for attachment in attachments:
            self._attachment(corp, attachment)
        return {"text": {"content": text}, "attachments": attachments}

    def _attachment(self, corp: Corp, attachment: Mapping[str, Any]) -> None:
        kind = attachment.get("msgtype")
        card = attachment.get(str(kind)) or {}
        match kind:
            case "image" if card.get("pic_url"):
                short(card["pic_url"], 2_048)
            case "image" | "video" | "file":
                self._media.require(corp.id, card.get("media_id"), "message")
            case "link":
                for name, most in (("title", 128), ("picurl", 2_048), ("desc", 512), ("url", 2_048)):
                    short(card.get(name), most)
                if not card.get("title") or not card.get("url"):
                    raise Refusal(40058)
            case "miniprogram":
                short(card.get("title"), 64)
                self._media.require(corp.id, card.get("pic_media_id"), "message")
            case _:
                raise Refusal(41065)


def _group_task(corp: Corp, body: Mapping[str, Any]) -> tuple[dict[str, list[int]], list[str]]:
    """The groups of the one sender, who must be named, or those of them that are named; and the ids that are none of them."""
    ids, sender = body.get("chat_id_list") or [], corp.member(str(body.get("sender") or ""))
    if not isinstance(ids, list) or len(ids) > GROUPS or not body.get("sender"):
        raise Refusal(40058)
    if sender is None:
        raise Refusal(60111)
    owned = corp.chats_of(sender)
    known = {id: owned[id] for id in ids if id in owned} if ids else owned
    return ({sender: list(known.values())} if known else {}), [id for id in dict.fromkeys(ids) if id not in owned]


def _customer_tasks(corp: Corp, body: Mapping[str, Any]) -> tuple[dict[str, list[int]], list[str]]:
    ids = body.get("external_userid") or []
    if not isinstance(ids, list) or len(ids) > CUSTOMERS:
        raise Refusal(40058)
    sender = corp.member(str(body["sender"])) if body.get("sender") else None
    if (body.get("sender") and sender is None) or not (ids or sender):
        raise Refusal(60111 if body.get("sender") else 41048)
    return _tasks(corp, ids, sender)


def _result(mass: MassSend, corp: Corp, member: str, index: int, status: int) -> dict[str, Any]:
    whom = {"chat_id": corp.chat(index)} if mass.chat_type == "group" else {"external_userid": corp.customer(index)}
    entry = {**whom, "userid": member, "status": status}
    return {**entry, "send_time": int(mass.sent_at.get(member, 0))} if status == SENT else entry


def _tasks(corp: Corp, ids: list[str], sender: str | None) -> tuple[dict[str, list[int]], list[str]]:
    """Customers by the member who last spoke with each, and the ids that are nobody's customers."""
    members: dict[str, list[int]] = {}
    if sender and not ids:
        members[sender] = corp.customers_of(sender)
        return members, []
    failed, known = [], set(corp.customers_of(sender)) if sender else None
    for external_userid in dict.fromkeys(ids):
        index = corp.index(str(external_userid))
        if index is None or (known is not None and index not in known):
            failed.append(external_userid)
        else:
            members.setdefault(sender or corp.owner(index), []).append(index)
    return members, failed


def _task(mass: MassSend, member: str) -> dict[str, Any]:
    if member in mass.statuses:
        return {"userid": member, "status": 2, "send_time": int(mass.sent_at[member])}
    return {"userid": member, "status": 0}
