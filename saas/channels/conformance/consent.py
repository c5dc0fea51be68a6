"""Connecting by consent: forged news of a portal are not believed, a code is redeemed once, and who withdraws is heard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from saas.channels.callback import CallbackRequest
from saas.channels.conformance.doorway import Doorway, GrantedLine, doorway
from saas.channels.conformance.pushes import REFUSED, filled, forgeries
from saas.channels.conformance.secrets import SHORTEST, Overheard, overhearing
from saas.channels.conformance.stand import told
from saas.channels.conformance.troupe import Troupe
from saas.channels.conformance.verdict import Broken
from saas.channels.outcome import Receipt
from saas.channels.platform import NotSent
from saas.channels.portal import Granted, PortalKind, PortalRefused, PortalReply, Revoked


async def consent_kept(troupe: Troupe) -> str:
    """An owner agrees, once; what is then pushed is believed only as it was signed; the owner withdraws, and is heard."""
    kind = troupe.installed.channel.portal
    if kind is None:
        return "no account connects by consent"
    async with doorway(troupe, kind) as door:
        with overhearing() as ears:
            granted = await _agreed(troupe, door, ears)
            await _connects(troupe, door, granted)
            await _withdrawn(troupe, door, granted, kind)
            _forged(door)
        _overheard(door, ears)
        return f"{granted.kind}: agreed, redeemed once, withdrawn; {', '.join(door.pushes)} forged"


async def _agreed(troupe: Troupe, door: Doorway, ears: Overheard) -> Granted:
    """The code works once; none, or one that was made up, never."""
    try:
        answer = await door.agreed(await door.invited())
        granted = await door.admitted(answer)
    except (NotSent, PortalRefused) as error:
        raise Broken(f"an owner agreed, and no account came of it: {type(error).__name__} {error}") from error
    ears.add("what 'admit' gave", repr(granted))
    _whole(troupe, granted)
    for what, again in (("nothing", {}), ("a code that is used up", answer), ("a code that was made up", _made_up(answer))):
        await _not_redeemed(door, ears, what, again)
    return granted


def _whole(troupe: Troupe, granted: Granted) -> None:
    for one in (granted, *granted.beside):
        if not one.id or not one.name or not one.refresh or troupe.installed.channel.kind(one.kind) is None:
            raise Broken(f"'admit' gave an account without its id, name, kind or refresh token: {one.kind} '{one.id}'")


def _made_up(answer: Mapping[str, str]) -> dict[str, str]:
    return {name: value[::-1] if "code" in name else value for name, value in answer.items()}


async def _not_redeemed(door: Doorway, ears: Overheard, what: str, answer: Mapping[str, str]) -> None:
    try:
        await door.admitted(answer)
    except (PortalRefused, Revoked) as refused:
        ears.add("an exception of 'admit'", f"{refused!r} {refused}")
        return
    except Exception as error:
        raise Broken(f"{what} made 'admit' raise {type(error).__name__}, not PortalRefused") from error
    raise Broken(f"{what} was redeemed by 'admit' all the same")


async def _connects(troupe: Troupe, door: Doorway, granted: Granted) -> None:
    """With the tokens of its grant the account stands, and the platform says of it what its owner agreed to."""
    seen = await door.inspected(granted.id)
    if (seen.id, seen.kind) != (granted.id, granted.kind):
        raise Broken(f"'inspect' speaks of {seen.kind} '{seen.id}', 'admit' of {granted.kind} '{granted.id}'")
    if (outcome := await _connect(troupe, door, granted)) and not isinstance(outcome, Receipt):
        raise Broken(f"an account that was authorised just now does not connect: {outcome}")


async def _connect(troupe: Troupe, door: Doorway, granted: Granted) -> object:
    hook = troupe.installed.hook.connect
    if hook is None:
        return None
    line = GrantedLine(door, granted)
    try:
        return await told(hook(account=door.account(granted), platform=line))
    finally:
        await line.http.close()


async def _withdrawn(troupe: Troupe, door: Doorway, granted: Granted, kind: PortalKind) -> None:
    """What the platform pushes of it stops the account, and asking says the same."""
    path = troupe.played.withdrawal
    if not path:
        raise Broken("an owner can withdraw: name by the hook 'rehearsal' (withdrawal) how the simulator's owners do")
    list(door.hear())
    open_names = {field.name for field in kind.credentials if not field.secret}
    places = {name: value for name, value in door.portal.credentials.items() if name in open_names}
    id = granted.id.removesuffix(f".{granted.kind}") if granted.by_kind else granted.id
    await door.line.http.post(door.theatre.address + filled(path, {**places, "account": id}), {})
    news = await door.news("withdrawn")
    if news is None or not (granted.id == news.id or (news.id and granted.id.startswith(f"{news.id}."))):
        raise Broken("an owner has withdrawn, and 'portal_callback' does not tell it of that account: it would go on sending")
    try:
        await door.inspected(granted.id)
    except Revoked:
        pass
    else:
        raise Broken("an owner has withdrawn, and 'inspect' gives the account as authorised")
    if isinstance(await _connect(troupe, door, granted), Receipt):
        raise Broken("an owner has withdrawn, and 'connect' says that the account can send")


def _forged(door: Doorway) -> None:
    """Each push that was seen: unsigned, with other secrets, with one letter changed."""
    bare = CallbackRequest("POST", {}, {}, b"<xml><InfoType>unauthorized</InfoType></xml>", door.line.now().timestamp())
    _refused(door.callback(bare), "without any signature")
    for change, (push, good) in door.pushes.items():
        _refused(door.callback(replace(push, query={}, headers={})), f"({change}) without its signature")
        _refused(door.callback(push, door.stranger()), f"({change}) signed with another secret")
        for forged in forgeries(push):
            reply = door.callback(forged)
            if reply.news and reply.news != good.news:
                raise Broken(
                    f"a push ({change}) whose body was changed was answered {reply.status}, and its changed news were read"
                )


def _refused(reply: PortalReply, what: str) -> None:
    if reply.news or reply.account or reply.status not in REFUSED:
        raise Broken(f"a push to the portal {what} was answered {reply.status} with {len(reply.news)} news")


def _overheard(door: Doorway, ears: Overheard) -> None:
    secrets = {name: value for name, value in door.secrets.items() if len(value) >= SHORTEST}
    for where, text in ears.texts:
        if found := next((name for name, secret in secrets.items() if secret in text), None):
            raise Broken(f"{found} appears in {where}")
