"""What a home knows of its demo agency without asking the database: its passwords, and whether it is connected as it stands."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from saas.ops.embedded.folder import write_private
from saas.ops.running import Running

PASSWORDS = "demo.json"
MARK = "seeded"


def passwords(home: Path) -> dict[str, str]:
    """The generated passwords of the demo agency, by e-mail."""
    file = home / PASSWORDS
    return dict(json.loads(file.read_text())) if file.exists() else {}


def is_seeded(running: Running) -> bool:
    """Whether nothing has changed since the agency was last connected to the rehearsal servers."""
    mark = Path(running.home) / MARK
    return mark.exists() and mark.read_text() == _mark(running)


def note_seeded(running: Running) -> None:
    """From now on it is."""
    write_private(Path(running.home) / MARK, _mark(running))


def _mark(running: Running) -> str:
    known = json.dumps([running.database_url, running.base_url, dict(running.simulators)], sort_keys=True)
    return hashlib.sha256(known.encode()).hexdigest()
