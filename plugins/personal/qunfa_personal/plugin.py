"""The channel ``personal``: it calls nothing. ``send`` prepares a task; the core shows it and records what is ticked off."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

from qunfa_personal.rehearsal import PersonalContacts
from qunfa_personal.screens import screens
from qunfa_personal.wording import TEXT_CHARS, copy_text
from saas.channels import (
    Account,
    AccountKind,
    Channel,
    Delivery,
    FanOut,
    Field,
    Finding,
    Form,
    Limits,
    Message,
    Outcome,
    Platform,
    Progress,
    RecallRight,
    Receipt,
    Refused,
    Repeat,
    Route,
    RulePack,
    Screen,
    Target,
    Text,
    hookimpl,
)
from saas.channels.simulator import Simulator

BATCH = 200
DEADLINE_HOURS = 72.0
# Nothing is called, so preparing the same task again changes nothing however late it happens.
FOR_GOOD = 10 * 366 * 86400
PACK = RulePack.load(Path(__file__).with_name("rules.toml"))

HOURS = Form(r"[1-9][0-9]{0,2}|1[0-9]{3}|20[0-9]{2}|21[0-5][0-9]|2160", Text("填 1–2160 小时", "enter 1 to 2160 hours"))

ASSISTED = AccountKind(
    name="assisted",
    title=Text("个人号（人工协助）", "Personal account (assisted)"),
    routes=(
        Route(
            name="assisted",
            content=("text", "link", "articles", "image"),
            audience=("all", "ids"),
            fan_out=FanOut("batch", BATCH),
            repeat=Repeat("key", FOR_GOOD),
            recall=RecallRight("stop_unsent"),
        ),
    ),
    settings=(
        Field("deadline_hours", Text("人工完成时限（小时）", "Hours a person has to finish"), required=False, default="72",
              form=HOURS),
    ),
    risk=Text(
        "个人号没有群发接口，用软件代发会被封号。系统只准备文字与名单，由人逐一发送并勾选。",
        "A personal account has no mass send, and automating it gets it banned: a person sends and ticks off each name.",
    ),
    assisted=True,
)  # fmt: skip


@hookimpl
def channel() -> Channel:
    """One kind, assisted."""
    return Channel(name="personal", title=Text("个人微信号", "Personal WeChat"), kinds=(ASSISTED,))


@hookimpl
def limits(account: Account, route: Route, now: datetime) -> Limits:
    """Content limits of the brief; no caps, for no platform is asked."""
    return PACK.limits(account.kind, route.name, now, account.zone, account.settings.get("overrides"))


@hookimpl
def rule_pack() -> RulePack:
    """The product's limits for work by hand as they stand in ``rules.toml``."""
    return PACK


@hookimpl
def preview(message: Message) -> list[Screen]:
    """What a friend reads."""
    return screens(message)


@hookimpl
async def send(account: Account, message: Message, delivery: Delivery, platform: Platform) -> Outcome:
    """Prepare the task of one batch: ``ids`` carry the task and the text to copy; everybody awaits a person."""
    if len(delivery.target.ids) > BATCH:
        return Refused(f"一批最多 {BATCH} 人 / at most {BATCH} people a batch", "", "target")
    text = copy_text(message)
    if len(text) > TEXT_CHARS:
        over = len(text) - TEXT_CHARS
        return Refused(f"文字超出 {over} 字，请缩短 / the text is {over} characters too long", "", "text")
    people = len(delivery.target.ids) or delivery.target.people
    until = (delivery.started_at or platform.now()) + timedelta(hours=_hours(account))
    return Receipt({"task": delivery.key, "text": text}, Progress(awaiting=people, awaiting_until=until))


@hookimpl
async def recall(delivery: Delivery) -> Outcome:
    """Stop what is not ticked off yet; what a person has sent only that person can take back, on the phone."""
    return Receipt({"task": delivery.ids.get("task", delivery.key)})


@hookimpl
def check(message: Message) -> list[Finding]:
    """That a person must do it; and words that are too long only together with the link or the articles."""
    found = [Finding("assisted_by_hand", "note", "account", _BY_HAND, _HOW)]
    over = len(copy_text(message)) - TEXT_CHARS
    if over > 0 and len(message.text) <= TEXT_CHARS:
        said = (f"待复制文字超出 {over} 字（上限 {TEXT_CHARS}）", f"The text to copy is {over} characters over {TEXT_CHARS}")
        found.append(Finding("assisted_text", "block", "text", said, ("请缩短文字", "Shorten it")))
    return found


@hookimpl
async def connect() -> Outcome:
    """There is nothing to connect."""
    return Receipt({})


@hookimpl
def audience(account: Account) -> AsyncIterator[list[Target]]:
    """The contacts among the settings (``[{"id", "title"}]``), in pages of a batch."""
    return _pages(account)


@hookimpl
def simulator() -> Simulator:
    """The person with the phone."""
    return PersonalContacts()


_BY_HAND = (
    "个人号没有接口：发送后会生成任务，须由人逐一发送并勾选",
    "No API: sending makes tasks a person does and ticks off",
)
_HOW = (f"每批最多 {BATCH} 人，在任务页复制文字后逐一发送", f"At most {BATCH} people a batch: copy the text from the task page")


def _hours(account: Account) -> float:
    try:
        hours = float(account.settings.get("deadline_hours") or DEADLINE_HOURS)
    except (TypeError, ValueError):
        return DEADLINE_HOURS
    return hours if 0 < hours <= 24 * 90 else DEADLINE_HOURS


async def _pages(account: Account) -> AsyncIterator[list[Target]]:
    contacts = [c for c in account.settings.get("contacts") or () if isinstance(c, Mapping) and c.get("id")]
    for start in range(0, len(contacts), BATCH):
        page = contacts[start : start + BATCH]
        yield [Target("ids", (str(c["id"]),), 1, {"title": str(c.get("title") or "")}) for c in page]
