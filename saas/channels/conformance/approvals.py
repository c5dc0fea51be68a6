"""A platform's own approval: asked once and found again, told as it stands and of the right application, and not forged."""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import replace
from datetime import timedelta

from saas.channels.approval import Application, ApprovalForm, ApprovalState
from saas.channels.callback import ApprovalChanged, CallbackReply, CallbackRequest
from saas.channels.channel import AccountKind
from saas.channels.conformance.answers import named
from saas.channels.conformance.credentials import without_secrets
from saas.channels.conformance.pushes import REFUSED, filled, forgeries
from saas.channels.conformance.stand import Raised, Stand, told
from saas.channels.conformance.troupe import Troupe
from saas.channels.conformance.verdict import Broken
from saas.channels.outcome import Absent, Outcome, Receipt, Unknown
from saas.channels.platform import Account
from saas.channels.rehearsal import Applying, Prompt

WAIT, LOOKS = 0.05, 80
EARLIER = timedelta(minutes=10)  # so long ago that a platform lists it, if ever
DECIDED = (("agree", "approved"), ("refuse", "refused"), ("withdraw", "withdrawn"))


async def approvals_kept(troupe: Troupe) -> str:
    """Applications are submitted, lost, found, decided one way and the other, and pushes of them are forged."""
    judged = [kind for kind in troupe.kinds() if kind.approving]
    for kind in judged:
        play = troupe.played.applications.get(kind.name)
        if play is None:
            raise Broken(f"{kind.name}: it has an approval; name an application by the hook 'rehearsal'")
        path = await _submitted(troupe, kind, play)
        for name in ("drop_after", "drop_before"):
            await _lost(troupe, kind, play, (name, path))
        for act, state in DECIDED:
            await _decided(troupe, kind, play, (act, state))
    return f"applications of {', '.join(kind.name for kind in judged)}" if judged else "no approval is offered"


async def _submitted(troupe: Troupe, kind: AccountKind, play: Applying) -> str:
    """What was submitted waits and is found by its key, what was not is not. The path of the call that submits."""
    async with troupe.stand(kind) as stand:
        asked = await _application(stand, play)
        number = await _number(stand, asked)
        path = stand.heard()[-1].path
        await _waits(stand, number)
        found = await _find(stand, asked)
        if not isinstance(found, Receipt) or found.ids.get("approval") != number:
            raise Broken(f"{stand.where}: an application was submitted, 'find_approval' said {named(found)}: it would be again")
        never = await _find(stand, replace(asked, key=uuid.uuid4().hex))
        if not isinstance(never, Absent):
            raise Broken(f"{stand.where}: an application was never submitted, 'find_approval' said {named(never)}")
    return path


async def _lost(troupe: Troupe, kind: AccountKind, play: Applying, fault: tuple[str, str]) -> None:
    """A lost answer is Unknown; then the platform's own list says whether it was submitted."""
    async with troupe.stand(kind) as stand:
        asked, (name, path) = await _application(stand, play), fault
        stand.theatre.fault(name, path, times=1)
        outcome = await _submit(stand, asked)
        if not isinstance(outcome, Unknown):
            raise Broken(f"{stand.where}: the answer to an application was lost, 'submit_approval' said {named(outcome)}")
        found = await _find(stand, asked)
        wanted = Receipt if name == "drop_after" else Absent
        if not isinstance(found, wanted):
            raise Broken(f"{stand.where}: after the fault '{name}' 'find_approval' said {named(found)}, not {wanted.__name__}")


async def _decided(troupe: Troupe, kind: AccountKind, play: Applying, decision: tuple[str, str]) -> None:
    """One of two applications is decided: that one is told so, by a push that counts only as it was signed; the other waits."""
    act, state = decision
    async with troupe.stand(kind) as stand:
        other = await _number(stand, await _application(stand, play))
        number = await _number(stand, await _application(stand, play))
        before = len(stand.theatre.pushed)
        await _act(stand, getattr(play, act), {"approval": number, "approver": play.approver})
        push, reply = await _push(stand, number, before)
        seen = await _state(stand, number)
        if seen.state != state:
            raise Broken(f"{stand.where}: people did '{act}', 'approval_state' says {seen.state}")
        words = {one.word for one in seen.opinions if one.person == play.approver}
        if state in ("approved", "refused") and words != {state}:
            raise Broken(f"{stand.where}: {play.approver} did '{act}', the opinions say {', '.join(sorted(words)) or 'nothing'}")
        await _waits(stand, other)
        _forged(stand, push, reply)


async def _application(stand: Stand, play: Applying) -> Application:
    """A new application that fills in every field the platform's form asks for."""
    form = await stand.installed.hook.approval_form(account=stand.account, template=play.template, platform=stand.line)
    if not isinstance(form, ApprovalForm) or not form.controls:
        raise Broken(f"{stand.where}: 'approval_form' names no field of {play.template}")
    first = next((one.id for one in form.controls if one.form == "text"), "")
    needed = {one.id: "time" if one.form == "time" else "title" for one in form.controls if one.required}
    says = {"title": "排练审批 / rehearsal", "accounts": "1", "time": "现在 / now", "link": "https://www.example.com/1"}
    earlier, key = stand.line.now() - EARLIER, uuid.uuid4().hex
    places = {**needed, first: "title"} if first else needed
    return Application(key, play.template, says, places, play.applicant, (play.approver,), earlier, stand.line.now())


async def _submit(stand: Stand, asked: Application) -> Outcome | Raised:
    return await told(stand.installed.hook.submit_approval(account=stand.account, application=asked, platform=stand.line))


async def _find(stand: Stand, asked: Application) -> Outcome | Raised:
    return await told(stand.installed.hook.find_approval(account=stand.account, application=asked, platform=stand.line))


async def _number(stand: Stand, asked: Application) -> str:
    outcome = await _submit(stand, asked)
    number = outcome.ids.get("approval", "") if isinstance(outcome, Receipt) else ""
    if not number:
        raise Broken(f"{stand.where}: 'submit_approval' said {named(outcome)}, and no number of the application")
    return number


async def _state(stand: Stand, number: str) -> ApprovalState:
    found: ApprovalState = await stand.installed.hook.approval_state(account=stand.account, approval=number, platform=stand.line)
    return found


async def _waits(stand: Stand, number: str) -> None:
    if (seen := await _state(stand, number)).state != "waiting":
        raise Broken(f"{stand.where}: nobody has decided on {number}, 'approval_state' says {seen.state}")


async def _act(stand: Stand, prompt: Prompt, places: dict[str, str]) -> None:
    known = {"account": stand.id, **places}
    await stand.line.http.post(stand.theatre.address + filled(prompt.path, known), filled(dict(prompt.body), known))


async def _push(stand: Stand, number: str, before: int) -> tuple[CallbackRequest, CallbackReply]:
    """The push that tells of it, and what the channel reads of it: this application and no other."""
    for _ in range(LOOKS):
        for push in stand.theatre.pushed[before:]:
            reply = _read(stand, push)
            if [event.approval for event in reply.events if isinstance(event, ApprovalChanged)] == [number]:
                return push, reply
        await asyncio.sleep(WAIT)
    raise Broken(f"{stand.where}: {number} was decided and pushed, and 'callback' gave no ApprovalChanged of it and it alone")


def _read(stand: Stand, push: CallbackRequest, account: Account | None = None) -> CallbackReply:
    reply: CallbackReply = stand.installed.hook.callback(account=account or stand.account, request=push)
    return reply


def _forged(stand: Stand, push: CallbackRequest, good: CallbackReply) -> None:
    for forged in forgeries(push):
        reply = _read(stand, forged)
        if reply.events and reply.events != good.events:
            raise Broken(f"{stand.where}: an answer of an approval was changed, and read as of another")
    bare = _read(stand, replace(push, query={}, headers={}))
    strange = _read(stand, push, without_secrets(stand).account)
    for what, reply in (("without its signature", bare), ("signed with another secret", strange)):
        if reply.events or reply.status not in REFUSED:
            raise Broken(f"{stand.where}: an answer of an approval {what} was answered {reply.status} and read")
