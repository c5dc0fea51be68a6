"""The templates an account has registered: listed for template messages and for notices, and looked into at a send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qunfa_official_account.simulator.errmsg import Err
from qunfa_official_account.simulator.world import Answer, Call

OWN = "templates"
BEGINS = "Tm"
USUAL: Mapping[str, Sequence[str]] = {
    "Tm-booking-0001": ("thing1", "time2", "character_string3"),
    "Tm-rehearsal-0001": ("thing1", "time2"),
    "Tm-trial-0001": ("thing1", "character_string3"),
    "TmBench": ("first", "remark"),
}


def messages(call: Call) -> Answer:
    """``template/get_all_private_template``."""
    listed = [
        {"template_id": id, "title": "服务通知", "primary_industry": "", "deputy_industry": "", "content": text, "example": ""}
        for id, text in _contents(call.record)
    ]
    return {"template_list": listed}


def notices(call: Call) -> Answer:
    """``wxaapi/newtmpl/gettemplate``: those for notices."""
    listed = [
        {"priTmplId": id, "title": "服务通知", "content": text, "example": "", "type": 2} for id, text in _contents(call.record)
    ]
    return {"errcode": 0, "errmsg": "ok", "data": listed}


def look_into(call: Call) -> None:
    """The template of a send must be there; one that the record names must have each of its places filled. Raises Err."""
    id, data = str(call.body.get("template_id", "")), call.body.get("data") or {}
    own: Mapping[str, Sequence[str]] | None = call.record.get(OWN)
    if not (id.startswith(BEGINS) if own is None else id in own):
        raise Err(40037)
    for name in own[id] if own else ():
        if name not in data:
            raise Err(47003, f"data.{name}.value is empty")


def _contents(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    own: Mapping[str, Sequence[str]] = record.get(OWN, USUAL)
    return [(id, "\n".join(f"内容：{{{{{name}.DATA}}}}" for name in places)) for id, places in own.items()]
