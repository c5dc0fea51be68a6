"""The platform's own approval: applications for a template, and a page on which an approver decides.

``GET /people/{corp}/approvals`` shows them; ``POST /people/{corp}/approvals/{sp_no}`` with ``act`` (approve, refuse, withdraw,
revoke, delete), ``person`` and ``speech`` decides and pushes ``sys_approval_change``, as a form or as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from typing import Any
from xml.sax.saxutils import escape as xml_escape

from aiohttp import web

from qunfa_wecom.simulator.corps import ZONE, Corp
from qunfa_wecom.simulator.gate import Ask, Gate
from qunfa_wecom.simulator.journal import Journal
from qunfa_wecom.simulator.pushes import enclosed
from qunfa_wecom.simulator.replies import Refusal
from saas.channels.simulator import Stage

TEMPLATE = "3WK7HbDbpLeqEcQyiqXYDr8xEtbNXxnwCJqFEuJD"
NAME = "群发审批"
CONTROLS = (
    ("Text-01", "Text", "活动", 1),
    ("Textarea-02", "Textarea", "账号", 0),
    ("Date-03", "Date", "发送时间", 0),
    ("Text-04", "Text", "预览", 0),
)
WAITING, APPROVED, REFUSED, WITHDRAWN, REVOKED, DELETED = 1, 2, 3, 4, 6, 7
ENDS = {"withdraw": (WITHDRAWN, 6), "revoke": (REVOKED, 8), "delete": (DELETED, 0)}
WORDS = {WAITING: "审批中", APPROVED: "已通过", REFUSED: "已驳回", WITHDRAWN: "已撤销", REVOKED: "通过后撤销", DELETED: "已删除"}
BAD_APPLICATION = 301025
HEAD = (
    '<!doctype html><html lang="zh"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>审批</title>'
    "<style>body{font:15px/1.6 sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem}li{padding:.6rem 0}</style>"
)
DAYS_31 = 31 * 86_400


@dataclass
class Sheet:
    """One application. ``opinions``: by approver, the word (1 waiting, 2 agreed, 3 refused), the speech and the time."""

    number: str
    corp: str
    at: int
    body: Mapping[str, Any]
    approvers: list[str]
    status: int = WAITING
    opinions: dict[str, tuple[int, str, int]] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What stands in its first control."""
        contents = self.body["apply_data"]["contents"]
        return next((str(one["value"].get("text", "")) for one in contents if one["id"] == CONTROLS[0][0]), "")


class Approvals:
    """Every application of every corp; journalled, so that a restart knows them again."""

    def __init__(self, stage: Stage, gate: Gate, journal: Journal) -> None:
        self._stage, self._gate, self._journal = stage, gate, journal
        self._sheets: dict[str, Sheet] = {}

    async def template(self, ask: Ask) -> Mapping[str, Any]:
        """``oa/gettemplatedetail``."""
        if ask.body.get("template_id") != TEMPLATE:
            raise Refusal(BAD_APPLICATION)
        return {"template_names": [_text(NAME)], "template_content": {"controls": [_control(*one) for one in CONTROLS]}}

    async def apply(self, ask: Ask) -> Mapping[str, Any]:
        """``oa/applyevent``."""
        body, corp = ask.body, ask.corp
        nodes = [one for one in (body.get("process") or {}).get("node_list") or () if one.get("type") == 1]
        approvers = [user for node in nodes or body.get("approver") or () for user in node.get("userid") or ()]
        if body.get("use_template_approver") == 1:
            approvers = list(corp.members[:2])
        contents = (body.get("apply_data") or {}).get("contents") or []
        placed = {
            one.get("id") for one in contents if (one.get("value") or {}).get("text") or (one.get("value") or {}).get("date")
        }
        known = corp.member(str(body.get("creator_userid", ""))) and approvers and all(corp.member(str(u)) for u in approvers)
        needed = {id for id, _, _, required in CONTROLS if required}
        if body.get("template_id") != TEMPLATE or not known or not needed <= placed <= {id for id, *_ in CONTROLS}:
            raise Refusal(BAD_APPLICATION)
        number = self._number()
        self._journal.write(
            "approval", number=number, corp=corp.id, at=self._stage.timestamp(), body=dict(body), approvers=approvers
        )
        self._add(number, corp.id, self._stage.timestamp(), body, approvers)
        self._push(corp, self._sheets[number], 1)
        return {"sp_no": number}

    async def listing(self, ask: Ask) -> Mapping[str, Any]:
        """``oa/getapprovalinfo``: numbers by time, template and applicant."""
        body = ask.body
        start, end = int(body.get("starttime") or 0), int(body.get("endtime") or 0)
        if not start < end <= start + DAYS_31 or not 0 < int(body.get("size") or 0) <= 100:
            raise Refusal(40058)
        wanted = {one["key"]: str(one["value"]) for one in body.get("filters") or ()}
        fits = [one.number for one in self._of(ask.corp.id) if start <= one.at <= end and _fits(one, wanted)]
        first = int(body.get("new_cursor") or body.get("cursor") or 0)
        last = first + int(body["size"])
        more = {"new_next_cursor": str(last), "next_cursor": last} if last < len(fits) else {}
        return {"sp_no_list": fits[first:last], **more}

    async def detail(self, ask: Ask) -> Mapping[str, Any]:
        """``oa/getapprovaldetail``."""
        sheet = self._sheets.get(str(ask.body.get("sp_no", "")))
        if sheet is None or sheet.corp != ask.corp.id:
            raise Refusal(BAD_APPLICATION)
        people = [
            {"userid": one, "speech": said[1], "sp_yj": said[0], "sptime": said[2], "media_ids": []} for one, said in _said(sheet)
        ]
        node = {"node_type": 1, "sp_status": min(sheet.status, 3), "apv_rel": 2, "sub_node_list": people}
        info = {
            "sp_no": sheet.number, "sp_name": NAME, "sp_status": sheet.status, "template_id": TEMPLATE, "apply_time": sheet.at,
            "applyer": {"userid": sheet.body["creator_userid"], "partyid": "1"}, "apply_data": sheet.body["apply_data"],
            "process_list": {"node_list": [node]}, "comments": [],
        }  # fmt: skip
        return {"info": info}

    async def page(self, request: web.Request) -> web.StreamResponse:
        """What the corp's approvers see."""
        corp = self._gate.corp(request.match_info["corp"])
        if corp is None:
            return web.Response(status=404, text="no such corp")
        shown = "".join(_shown(one) for one in reversed(self._of(corp.id)))
        text = f"{HEAD}<h1>审批 · {escape(corp.id)}</h1><ul>{shown or '没有审批单'}</ul>"
        return web.Response(text=text, content_type="text/html")

    async def decide(self, request: web.Request) -> web.StreamResponse:
        """An approver (or the applicant) acts, and the product is told."""
        corp, sheet = self._gate.corp(request.match_info["corp"]), self._sheets.get(request.match_info["number"])
        told = await (request.json() if request.content_type == "application/json" else request.post())
        act, person, speech = (str(told.get(name, "")) for name in ("act", "person", "speech"))
        if corp is None or sheet is None or sheet.corp != corp.id:
            return web.json_response({"error": "no such application"}, status=404)
        if not self._may(sheet, act, person):
            return web.json_response({"error": "not now, or not by this person"}, status=409)
        line = {"number": sheet.number, "act": act, "person": person, "speech": speech, "at": self._stage.timestamp()}
        self._journal.write("opinion", **line)
        self._act(line)
        if told.get("push", True):
            self._push(corp, sheet, {"approve": 2, "refuse": 3}.get(act) or ENDS[act][1])
        return web.json_response({"sp_no": sheet.number, "sp_status": sheet.status})

    def replay(self, line: Mapping[str, Any]) -> None:
        """What the journal knows."""
        if line["what"] == "approval":
            self._add(line["number"], line["corp"], line["at"], line["body"], line["approvers"])
        elif line["what"] == "opinion":
            self._act(line)

    def _may(self, sheet: Sheet, act: str, person: str) -> bool:
        if act == "revoke":
            return sheet.status == APPROVED
        if act in ENDS:
            return sheet.status == WAITING
        return act in ("approve", "refuse") and sheet.status == WAITING and person in sheet.approvers

    def _act(self, line: Mapping[str, Any]) -> None:
        sheet, act = self._sheets[line["number"]], str(line["act"])
        if act in ENDS:
            sheet.status = ENDS[act][0]
            return
        sheet.status = APPROVED if act == "approve" else REFUSED
        sheet.opinions[str(line["person"])] = (sheet.status, str(line["speech"]), int(line["at"]))

    def _add(self, number: str, corp: str, at: int, body: Mapping[str, Any], approvers: list[str]) -> None:
        self._sheets[number] = Sheet(number, corp, at, body, approvers)

    def _of(self, corp: str) -> list[Sheet]:
        return [one for one in self._sheets.values() if one.corp == corp]

    def _number(self) -> str:
        day = datetime.fromtimestamp(self._stage.timestamp(), ZONE)
        return f"{day:%Y%m%d}{len(self._sheets) + 1:04d}"

    def _push(self, corp: Corp, sheet: Sheet, event: int) -> None:
        """``sys_approval_change``; what is deleted is told to nobody."""
        if not event:
            return
        people = "".join(_detail(one, said) for one, said in _said(sheet))
        info = (
            f"<SpNo>{sheet.number}</SpNo><SpName>{NAME}</SpName><SpStatus>{sheet.status}</SpStatus><TemplateId>{TEMPLATE}</TemplateId>"
            f"<ApplyTime>{sheet.at}</ApplyTime><Applyer><UserId>{xml_escape(sheet.body['creator_userid'])}</UserId></Applyer>"
            f"<SpRecord><SpStatus>{sheet.status}</SpStatus><ApproverAttr>1</ApproverAttr>{people}</SpRecord>"
            f"<StatuChangeEvent>{event}</StatuChangeEvent>"
        )
        now = str(self._stage.timestamp())
        xml = (
            f"<xml><ToUserName>{corp.id}</ToUserName><FromUserName>sys</FromUserName><CreateTime>{now}</CreateTime>"
            f"<MsgType>event</MsgType><Event>sys_approval_change</Event><AgentID>{corp.record.get('agent_id', '')}</AgentID>"
            f"<ApprovalInfo>{info}</ApprovalInfo></xml>"
        )
        query, body = enclosed(corp, xml, now)
        self._stage.push(corp.id, query, body, {"Content-Type": "text/xml"})


def _said(sheet: Sheet) -> list[tuple[str, tuple[int, str, int]]]:
    return [(one, sheet.opinions.get(one, (WAITING, "", 0))) for one in sheet.approvers]


def _detail(person: str, said: tuple[int, str, int]) -> str:
    return (
        f"<Details><Approver><UserId>{xml_escape(person)}</UserId></Approver><Speech>{xml_escape(said[1])}</Speech>"
        f"<SpStatus>{said[0]}</SpStatus><SpTime>{said[2]}</SpTime></Details>"
    )


def _fits(sheet: Sheet, wanted: Mapping[str, str]) -> bool:
    known = {"template_id": TEMPLATE, "creator": str(sheet.body["creator_userid"]), "sp_status": str(sheet.status)}
    return all(known.get(key) == value for key, value in wanted.items())


def _text(words: str) -> dict[str, str]:
    return {"text": words, "lang": "zh_CN"}


def _control(id: str, control: str, title: str, required: int) -> dict[str, Any]:
    config = {"date": {"type": "hour"}} if control == "Date" else {}
    return {
        "property": {"control": control, "id": id, "title": [_text(title)], "require": required, "un_print": 0},
        "config": config,
    }


def _shown(sheet: Sheet) -> str:
    said = "；".join(f"{one}：{WORDS[word[0]]} {word[1]}" for one, word in _said(sheet))
    choices = "".join(f"<option>{escape(one)}</option>" for one in sheet.approvers)
    acts = (("approve", "同意"), ("refuse", "驳回")) if sheet.status == WAITING else ()
    buttons = "".join(f'<button name="act" value="{act}">{words}</button> ' for act, words in acts)
    fields = f'<select name="person">{choices}</select> <input name="speech" placeholder="意见"> {buttons}'
    form = f'<form method="post" action="approvals/{sheet.number}">{fields}</form>' if acts else ""
    return f"<li><b>{escape(sheet.title)}</b><br>{sheet.number} · {WORDS[sheet.status]}<br>{escape(said)}{form}</li>"
