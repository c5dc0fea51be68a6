"""An app message on named members' phones: the very call of a send, to one member, under the same caps."""

from __future__ import annotations

from qunfa_wecom import application
from qunfa_wecom.line import Line
from saas.channels import Delivery, Message, Outcome, Receipt, Refused, Target


async def try_out(line: Line, message: Message, person: str, key: str) -> Outcome:
    """Send it to one member. A member the app cannot reach is a refusal."""
    told = await application.send(line, message, Delivery(0, key, "app", Target("ids", (person,), 1)))
    if isinstance(told, Receipt) and told.progress.failures:
        return Refused(told.progress.failures[0].reason, told.progress.failures[0].code, "person")
    return told
