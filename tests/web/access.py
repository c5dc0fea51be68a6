"""Who may: roles, and what a line of the access tables says. The lines stand in ``access_api`` and ``access_pages``."""

from __future__ import annotations

from dataclasses import dataclass

from tests.web.conftest import DIGEST

STAFF = {"owner", "admin", "editor", "reviewer", "analyst"}
CLIENTS = {"client_approver", "client_viewer"}
ALL = STAFF | CLIENTS
WRITERS = {"owner", "admin", "editor"}
APPROVERS = {"owner", "admin", "reviewer"}
SIGNERS = APPROVERS | {"client_approver"}
SENDERS = {"owner", "admin", "editor", "reviewer"}
ADMINS = {"owner", "admin"}


@dataclass(frozen=True)
class Access:
    """Who may. ``thing`` names what the address points at: then a neighbour's and another client's are not there."""

    roles: frozenset[str] | set[str]
    thing: str = ""
    by: str = "token"
    body: dict[str, object] | None = None
    query: str = ""


OPEN = Access(set(), by="anyone")
REVIEWERS = STAFF | {"client_approver"}
AMEND: dict[str, object] = {"account": "moon-one", "field": "title", "after": "x", "evidence": "x"}
AWAY: dict[str, object] = {"substitute": "x@y.test", "from_at": "2026-03-20T09:00:00Z", "until_at": "2026-03-21T09:00:00Z"}
DECISION: dict[str, object] = {"digest": DIGEST, "note": "x"}
ENTRY: dict[str, object] = {"rule": "mass_day", "units": 1, "at": "2026-03-20T09:00:00+08:00", "reason": "x"}
WORD: dict[str, object] = {"digest": DIGEST}
EDITION: dict[str, object] = {"base_version": 1, "content": {"text": "hello"}}
