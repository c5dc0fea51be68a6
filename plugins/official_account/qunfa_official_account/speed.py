"""How fast the platform sends a mass job: the account's own wish, set before a mass send where the platform has another."""

from __future__ import annotations

from qunfa_official_account.client import Client
from qunfa_official_account.errors import meaning
from qunfa_official_account.outcomes import Refusal
from saas.channels import Account, NotSent, Refused

GET, SET = "/cgi-bin/message/mass/speed/get", "/cgi-bin/message/mass/speed/set"
STEPS = ("0", "1", "2", "3", "4")
PASSING = frozenset({"wait", "doubt", "calls"})


def wished(account: Account) -> str:
    """The step that the account's settings name, as written; "" where the platform's own is to stay."""
    value = account.settings.get("mass_speed")
    return "" if value is None else str(value).strip()


async def adjust(client: Client) -> Refused | None:
    """Bring the platform to the account's wish. Why it cannot be, or None. Raises NotSent: nothing has gone out then."""
    step = wished(client.account)
    if not step:
        return None
    if step not in STEPS:
        return _refused(f"{step!r}", "45083")
    try:
        answer = await client.prepare(GET, {})
        if str(answer.get("speed", "")) != step:
            await client.prepare(SET, {"speed": int(step)})
    except Refusal as refusal:
        if meaning(refusal.code).action in PASSING:
            raise NotSent(refusal.sentence()) from None
        return _refused(refusal.sentence(), str(refusal.code))
    return None


def _refused(why: str, code: str) -> Refused:
    zh = "群发速度没有设成，没有群发：请改为 0–4，或清空此项"
    en = "the speed could not be set and nothing was sent: write 0 to 4, or leave it empty"
    return Refused(f"{zh} / {en} ({why})", code, "mass_speed")
