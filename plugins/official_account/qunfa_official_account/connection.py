"""Whether an account can send: secret, IP list, verification and the right to mass-send, without sending anything."""

from __future__ import annotations

from qunfa_official_account.client import Client
from qunfa_official_account.library_room import counts, warning
from qunfa_official_account.standing import verified
from saas.channels import Outcome, Progress, Receipt, Revoked, Unauthorized

SENDALL = "/cgi-bin/message/mass/sendall"


async def connect(client: Client) -> Outcome:
    """Ask for a token with the secret as it stands now, for the right to mass-send, and for room. Raises Refusal, NotSent."""
    if not client.account.portal:
        await client.fetch_token()
    elif withdrawn := await _withdrawn(client):
        return withdrawn
    if not verified(client.account):
        told = "账号未认证：只能存草稿，由人在公众平台群发 / not verified: only drafts can be made, a person sends in the console"
        return Unauthorized("unverified", "48001", told)
    try:
        answer = await client.prepare("/cgi-bin/openapi/quota/get", {"cgi_path": SENDALL})
    except Revoked as gone:
        return Unauthorized("revoked", gone.code, gone.detail)
    quota = answer.get("quota") or {}
    room = await counts(client)
    figures = {"mass_calls_left_today": int(quota.get("remain") or 0), **room}
    return Receipt({}, Progress(final=True, figures=figures, reason=warning(client, room)))


async def _withdrawn(client: Client) -> Unauthorized | None:
    """Of an account that was authorised over a portal: whether its owner has withdrawn."""
    try:
        await client.token()
    except Revoked as gone:
        return Unauthorized("revoked", gone.code, gone.detail)
    return None
