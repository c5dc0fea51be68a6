"""Secrets: neither credentials nor tokens appear in logs, output, answers, exceptions, or in what is remembered in the clear."""

from __future__ import annotations

import contextlib
import io
import logging
import traceback
import warnings
from collections.abc import Iterator
from typing import Any

from saas.channels.channel import AccountKind, Route
from saas.channels.conformance.stand import Stand
from saas.channels.conformance.troupe import Troupe
from saas.channels.conformance.verdict import Broken
from saas.channels.message import Message
from saas.channels.platform import Delivery

SHORTEST = 8
FAULTS = (("", ""), ("http", "502"), ("http", "200"), ("http", "401"), ("drop_before", ""), ("drop_after", ""), ("token", ""))


class Overheard(logging.Handler):
    """Everything that was said."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.texts: list[tuple[str, str]] = []

    def emit(self, record: logging.LogRecord) -> None:
        """A line of a log, with its trace."""
        trace = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
        self.texts.append(("a log line", record.getMessage() + trace + repr(record.args)))

    def add(self, where: str, what: object) -> None:
        """Something that is kept or shown."""
        self.texts.append((where, str(what)))


@contextlib.contextmanager
def overhearing() -> Iterator[Overheard]:
    """Hear every logger, standard output and the warnings while the block lasts."""
    ears, root, spoken = Overheard(), logging.getLogger(), io.StringIO()
    level, disabled = root.level, logging.root.manager.disable
    root.addHandler(ears)
    root.setLevel(logging.DEBUG)
    logging.disable(logging.NOTSET)
    try:
        with (
            contextlib.redirect_stdout(spoken),
            contextlib.redirect_stderr(spoken),
            warnings.catch_warnings(record=True) as warned,
        ):
            warnings.simplefilter("always")
            yield ears
            ears.add("standard output", spoken.getvalue())
            for warning in warned:
                ears.add("a warning", warning.message)
    finally:
        root.removeHandler(ears)
        root.setLevel(level)
        logging.disable(disabled)


async def secrets_kept(troupe: Troupe) -> str:
    """Send, well and under every fault; connect with wrong secrets: nothing of them is heard or kept in the clear."""
    tried = 0
    for kind, route in troupe.routes():
        async with troupe.stand(kind) as stand:
            tried += await _heard(troupe, stand, kind, route)
    return f"{tried} scenes: logs, output, warnings, outcomes, exceptions, memory"


async def _heard(troupe: Troupe, stand: Stand, kind: AccountKind, route: Route) -> int:
    known: dict[str, str] = {}
    with overhearing() as ears:
        for name, value in FAULTS:
            message, delivery = stand.first(route), await stand.delivery(route)
            for tokens in ("kept", "fetched anew"):
                if tokens != "kept":
                    known |= {f"the token '{name}'": token for name, token in stand.line.tokens.items()}
                    stand.line.tokens.clear()
                if name:
                    stand.theatre.fault(name, "", value, 1)
                await _scene(stand, message, delivery, ears)
                stand.theatre.well()
        await _connect(troupe, stand, ears)
    for key, value in stand.line.memory.items():
        ears.add("what is remembered in the clear", f"{key} {value}")
    secrets = known | _secrets(stand, kind)
    for where, text in ears.texts:
        if found := next((name for name, secret in secrets.items() if secret in text), None):
            raise Broken(f"{kind.name}/{route.name}: {found} appears in {where}")
    return 2 * len(FAULTS) + 1


async def _scene(stand: Stand, message: Message, delivery: Delivery, ears: Overheard) -> None:
    hook = stand.installed.hook.send
    try:
        ears.add("an outcome", repr(await hook(account=stand.account, message=message, delivery=delivery, platform=stand.line)))
    except Exception as error:
        ears.add("an exception", f"{error!r} {error} {_causes(error)}")


async def _connect(troupe: Troupe, stand: Stand, ears: Overheard) -> None:
    hook = troupe.installed.hook.connect
    if hook is None:
        return
    wrong = stand.with_credentials(**{f.name: f"wrong-{f.name}-secret" for f in stand.kind.credentials if f.secret})
    try:
        ears.add("an outcome of connect", repr(await hook(account=wrong, platform=stand.line)))
    except Exception as error:
        ears.add("an exception of connect", f"{error!r} {_causes(error)}")


def _causes(error: BaseException | None) -> str:
    """The texts of what lies behind an exception and is shown with it."""
    told = ""
    while error is not None:
        told += f" {error!r}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return told


def _secrets(stand: Stand, kind: AccountKind) -> dict[str, str]:
    secret = {field.name for field in kind.credentials if field.secret}
    known: dict[str, Any] = {f"the credential '{name}'": v for name, v in stand.account.credentials.items() if name in secret}
    known |= {f"the wrong credential '{name}'": f"wrong-{name}-secret" for name in secret}
    known |= {f"the token '{name}'": value for name, value in stand.line.tokens.items()}
    return {name: value for name, value in known.items() if len(value) >= SHORTEST}
