"""After the platform accepted: take down, look up, and ask how far a job is when its event was lost."""

from __future__ import annotations

from datetime import timedelta

from qunfa_official_account.client import Client
from qunfa_official_account.errors import meaning
from qunfa_official_account.kinds import ONE_BY_ONE
from qunfa_official_account.outcomes import Refusal
from qunfa_official_account.publishing import ROUTE as PUBLISH
from qunfa_official_account.publishing import look_for, publish_progress, take_page_down
from qunfa_official_account.standing import flag
from saas.channels import Delivery, Message, Outcome, Progress, Receipt, Refused, Throttled, Unknown

POLL = 60.0
RARELY = 3600.0
ADMIN_SECONDS = 1800
PATIENCE = 60.0
STILL_SENDING = 40065
ALREADY_GONE = "DELETE"


async def take_down(client: Client, delivery: Delivery, message: Message) -> Outcome:
    """Kill the pages of an article job. The cards stay on phones; text and pictures cannot be taken back at all."""
    if delivery.route == PUBLISH:
        return await take_page_down(client, delivery)
    if message.kind != "articles":
        return Refused("平台只能删除图文消息的页面 / only article pages can be taken down", "", "kind")
    msg_id = delivery.ids.get("msg_id", "")
    if not msg_id:
        return Refused("没有群发任务编号，请在公众平台删除 / no job id is known: delete it in the console", "40059", "msg_id")
    try:
        await client.prepare("/cgi-bin/message/mass/delete", {"msg_id": int(msg_id), "article_idx": 0})
    except Refusal as refusal:
        if refusal.code != STILL_SENDING:
            raise
        return await _maybe_gone(client, delivery, refusal)
    return Receipt(dict(delivery.ids))


async def take_one_down(client: Client, delivery: Delivery, number: int) -> Outcome:
    """Kill the page of one article of a mass job."""
    msg_id = delivery.ids.get("msg_id", "")
    if delivery.route not in ("mass", "mass_list") or not msg_id:
        return Refused("只有群发的图文可以按篇删除 / only articles of a mass send can be taken down one by one", "", "msg_id")
    try:
        await client.prepare("/cgi-bin/message/mass/delete", {"msg_id": int(msg_id), "article_idx": number})
    except Refusal as refusal:
        if refusal.code != STILL_SENDING:
            raise
        return await _maybe_gone(client, delivery, refusal)
    return Receipt(dict(delivery.ids))


async def _maybe_gone(client: Client, delivery: Delivery, refusal: Refusal) -> Outcome:
    status = await _status(client, delivery)
    if status == ALREADY_GONE:
        return Receipt(dict(delivery.ids))
    if status == "SENDING":
        return Throttled(POLL, str(refusal.code), refusal.sentence())
    return Refused(refusal.sentence(), str(refusal.code), "msg_id")


async def look_up(client: Client, message: Message, delivery: Delivery) -> Outcome:
    """What became of a job whose id is known. Without an id only a repeat with the same key can tell."""
    if delivery.route == PUBLISH:
        return await look_for(client, message, delivery)
    if delivery.route in ONE_BY_ONE or not delivery.ids.get("msg_id"):
        return Unknown("平台不能按我们的编号查询，只能用同一编号重试 / only a repeat with the same key can tell")
    return Receipt(dict(delivery.ids), await job_progress(client, delivery))


async def job_progress(client: Client, delivery: Delivery) -> Progress:
    """How far a job is. The platform gives counts only in its event: when that is lost they are lost for good."""
    if delivery.route == PUBLISH:
        return await publish_progress(client, delivery)
    if delivery.route in ONE_BY_ONE:
        return Progress(final=True, reason="平台未推送结果 / the platform never pushed the result")
    status = await _status(client, delivery)
    if status == "SEND_FAIL":
        if _protected(client, delivery) and not await _patience_is_over(client, delivery):
            return Progress(poll_after=POLL, code=status)  # only the event says whether the administrator refused
        return Progress(final=True, rest="failed", code=status, reason="平台群发失败 / the platform could not send it")
    if status == "SENDING":
        return on_its_way(client, delivery, POLL)
    if not await _patience_is_over(client, delivery):
        return Progress(poll_after=POLL, code=status)
    told = "已群发，但人数推送丢失，平台不再提供 / sent, but the event with the counts was lost and cannot be had again"
    return Progress(final=True, code=status, reason=told)


def unanswered(refusal: Refusal) -> Progress:
    """The platform would not say. Soon again when it is only busy, rarely while a person must act, never for a lost job."""
    action, told = meaning(refusal.code).action, refusal.sentence()
    if action == "refuse":
        return Progress(final=True, code=str(refusal.code), reason=told)
    return Progress(poll_after=POLL if action in ("wait", "doubt") else RARELY, code=str(refusal.code), reason=told)


def on_its_way(client: Client, delivery: Delivery, poll_after: float) -> Progress:
    """Accepted and not finished. With send protection on, the administrator has 30 minutes to confirm."""
    until = (delivery.started_at or client.platform.now()) + timedelta(seconds=ADMIN_SECONDS)
    if not _protected(client, delivery) or until <= client.platform.now():
        return Progress(poll_after=poll_after, code="SENDING")
    told = "等待公众号管理员在手机上确认 / waiting for the account's administrator to confirm"
    return Progress(awaiting=delivery.target.people, awaiting_until=until, poll_after=poll_after, code="SENDING", reason=told)


def _protected(client: Client, delivery: Delivery) -> bool:
    """Protection asks the administrator for sends to everybody, not for tags and lists."""
    return delivery.target.form == "all" and flag(client.account, "send_protection", False)


async def _status(client: Client, delivery: Delivery) -> str:
    answer = await client.prepare("/cgi-bin/message/mass/get", {"msg_id": delivery.ids.get("msg_id", "")})
    return str(answer.get("msg_status", "")).upper().replace(" ", "_")


async def _patience_is_over(client: Client, delivery: Delivery) -> bool:
    """The event comes shortly before the job ends and is tried three times: wait a while from when the end was seen."""
    name, now = f"ended:{delivery.ids.get('msg_id', '')}", client.platform.now().timestamp()
    seen = await client.platform.recall_memory(name)
    if seen is None:
        await client.platform.remember(name, repr(now), 86_400.0)
        return False
    return now - float(seen) >= PATIENCE
