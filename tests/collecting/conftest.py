"""The crew of ``tests/waiting``: a worker and the rehearsal platforms."""

from __future__ import annotations

from tests.waiting.conftest import crew as crew
