"""From the fields of a push to the events the core knows. Numbers may come as text; lists may be null or blank."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from qunfa_official_account.errors import JOB_FAULTS
from qunfa_official_account.published import of_state
from saas.channels import Event, Failure, Inbound, Progress, Progressed, TargetChanged

Fields = Mapping[str, Any]
FAULT = re.compile(r"err\((\d+)\)")
REPLY_SECONDS = 48 * 3600.0
SUCCESS = "send success"
MASS_CAPS = ("mass_day", "mass_month")
REPRINT = frozenset({2, 3})
NOBODY_CONFIRMED = "err(40002)"


def events(fields: Fields) -> list[Event]:
    """The events in one push; empty for kinds we have no use for."""
    if str(fields.get("MsgType", "")) != "event":
        return [_inbound(fields)] if fields.get("MsgType") else []
    # A publish event has arrived under several names, the mass one among them: its own field tells it.
    if isinstance(info := fields.get("PublishEventInfo"), Mapping):
        return _published(fields, info)
    if str(fields.get("Event", "")).lower() == "subscribe_msg_sent_event":
        return _noticed(fields)
    read = _EVENTS.get(str(fields.get("Event", "")).lower())
    return [read(fields)] if read else []


def number(value: Any) -> int:
    """A count that may be a number, text, blank or missing."""
    text = str(value or "0").strip()
    return int(text) if text.isdigit() else 0


def clean(value: Any) -> str:
    """A person's words without what no database stores: NUL, and halves of surrogate pairs."""
    return str(value).replace("\0", "").encode("utf-8", "replace").decode()


def _dedupe(fields: Fields) -> str:
    parts = (fields.get(name, "") for name in ("FromUserName", "CreateTime", "Event", "MsgID"))
    return ":".join(str(part) for part in parts)


def _mass_finished(fields: Fields) -> Event:
    """Of a job that is not ours it tells that the platform's console, or another tool, has used up a mass send."""
    job, sent_at = _job(fields), float(number(fields.get("CreateTime")))
    counts = MASS_CAPS if str(fields.get("Status", "")).strip() == SUCCESS else ()
    return Progressed(_dedupe(fields), job, "msg_id", str(fields.get("MsgID", "")), foreign=counts, at=sent_at)


def _published(fields: Fields, info: Fields) -> list[Event]:
    """The end of a publication. What it says while it goes on is no news."""
    progress, publish_id = of_state(info), str(info.get("publish_id", "")).strip()
    dedupe = f"{_dedupe(fields)}:{publish_id}:{info.get('publish_status', '')}"
    return [Progressed(dedupe, progress, "publish_id", publish_id)] if progress and publish_id else []


def _job(fields: Fields) -> Progress:
    status = str(fields.get("Status", "")).strip()
    ids = {"article_url": url} if (url := _first_url(fields)) else {}
    reprints = _reprints(fields)
    if status == SUCCESS:
        skipped = max(number(fields.get("TotalCount")) - number(fields.get("FilterCount")), 0)
        sent, failed = number(fields.get("SentCount")), number(fields.get("ErrorCount"))
        return Progress(delivered=sent, failed=failed, skipped=skipped, final=True, ids=ids, figures=reprints)
    # A stopped job often says 0 of 0: how many people that are only the delivery knows.
    if status == NOBODY_CONFIRMED:
        return Progress(final=True, rest="skipped", code="expired", reason=_why(status), ids=ids)
    return Progress(final=True, rest="failed", code=status, reason=_why(status), ids=ids, figures=reprints)


def _why(status: str) -> str:
    found = FAULT.search(status)
    told = JOB_FAULTS.get(int(found[1]), "平台拒绝群发，原因未公布") if found else "平台群发失败"
    return f"{told} / the platform did not send the job [{status}]"


def _items(fields: Fields, name: str) -> list[Any]:
    """The items of a result: one stands alone, and none is null or blank."""
    result = fields.get(name)
    listed = result.get("ResultList") if isinstance(result, Mapping) else None
    items = listed.get("item") if isinstance(listed, Mapping) else listed
    return items if isinstance(items, list) else [items] if isinstance(items, Mapping) else []


def _reprints(fields: Fields) -> dict[str, int]:
    """How many articles the check of originality found an original of; nothing where it was not judged a reprint."""
    result = fields.get("CopyrightCheckResult")
    if not isinstance(result, Mapping) or number(result.get("CheckState")) not in REPRINT:
        return {}
    items = [one for one in _items(fields, "CopyrightCheckResult") if isinstance(one, Mapping)]
    return {"reprints": max(1, sum(bool(str(one.get("OriginalArticleUrl") or "").strip()) for one in items))}


def _first_url(fields: Fields) -> str:
    first = next(iter(_items(fields, "ArticleUrlResult")), None)
    return str(first.get("ArticleUrl", "")) if isinstance(first, Mapping) else ""


def _template_finished(fields: Fields) -> Event:
    status, openid = str(fields.get("Status", "")), str(fields.get("FromUserName", ""))
    if status == "success":
        progress = Progress(delivered=1, final=True)
    else:
        told = _TEMPLATE_FAULTS.get(status.removeprefix("failed:").strip(), "平台未送达 / the platform did not deliver it")
        progress = Progress(failed=1, final=True, code=status, reason=told, failures=(Failure(openid, status, told),))
    msg_id = str(fields.get("MsgID", ""))
    # The id arrives as 0 when the message carried a key of ours: then the recipient names the delivery.
    if number(msg_id):
        return Progressed(_dedupe(fields), progress, "msg_id", msg_id, target=openid)
    return Progressed(_dedupe(fields), progress, target=openid)


def _noticed(fields: Fields) -> list[Event]:
    """What became of notices. The field stands by itself in one form of the push, and below its own name in the other."""
    inner = fields.get("SubscribeMsgSentEvent")
    listed = (inner if isinstance(inner, Mapping) else fields).get("List")
    items = listed if isinstance(listed, list) else [listed]
    return [_notice_sent(fields, one) for one in items if isinstance(one, Mapping)]


def _notice_sent(fields: Fields, item: Fields) -> Event:
    openid, notice_id = str(fields.get("FromUserName", "")), str(item.get("MsgID", "")).strip()
    code, status = str(item.get("ErrorCode", "")).strip(), str(item.get("ErrorStatus", "")).strip()
    if code == "0" or (not code and status == "success"):
        progress = Progress(delivered=1, final=True)
    else:
        told = f"平台未送达 / the platform did not deliver it [{clean(status)}]"
        progress = Progress(failed=1, final=True, code=code, reason=told, failures=(Failure(openid, code, told),))
    dedupe = f"{_dedupe(fields)}:{item.get('TemplateId', '')}:{notice_id}"
    if number(notice_id):
        return Progressed(dedupe, progress, "notice_id", notice_id, target=openid)
    return Progressed(dedupe, progress, target=openid)


def _followed(fields: Fields) -> Event:
    whom = str(fields.get("FromUserName", ""))
    return TargetChanged(_dedupe(fields), whom, "joined", reply_until=_reply_until(fields), context=_to(fields))


def _left(fields: Fields) -> Event:
    return TargetChanged(_dedupe(fields), str(fields.get("FromUserName", "")), "left")


def _clicked(fields: Fields) -> Event:
    """A menu's key, a menu's address, or what a code carries; who only opens an address is not answered."""
    until = 0.0 if str(fields.get("Event", "")).lower() == "view" else _reply_until(fields)
    key = clean(fields.get("EventKey", ""))
    return Inbound(f"{_dedupe(fields)}:{key}", str(fields.get("FromUserName", "")), "click", key, until, _to(fields))


def _reply_until(fields: Fields) -> float:
    return number(fields.get("CreateTime")) + REPLY_SECONDS


def _to(fields: Fields) -> dict[str, str]:
    """The account's own name, in which it answers."""
    return {"to": clean(fields["ToUserName"])} if fields.get("ToUserName") else {}


def _inbound(fields: Fields) -> Event:
    kind = str(fields.get("MsgType", ""))
    words = next((clean(fields[name]) for name in ("Content", "Recognition", "Label", "Title") if fields.get(name)), "")
    dedupe = str(fields.get("MsgId") or _dedupe(fields))
    context = {name: clean(fields[name]) for name in ("MediaId", "PicUrl", "Url") if fields.get(name)}
    sender = str(fields.get("FromUserName", ""))
    return Inbound(dedupe, sender, kind, words, _reply_until(fields), context | _to(fields))


_TEMPLATE_FAULTS = {
    "user block": "对方拒收公众号消息 / the person blocks the account's messages",
    "system failed": "平台系统原因 / a fault of the platform",
    "freq limit": "对方接收次数已达上限 / too many messages to this person",
}
_EVENTS: dict[str, Callable[[Fields], Event]] = {
    "masssendjobfinish": _mass_finished,
    "templatesendjobfinish": _template_finished,
    "subscribe": _followed,
    "unsubscribe": _left,
    "click": _clicked,
    "view": _clicked,
    "scan": _clicked,
}
