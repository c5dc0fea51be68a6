"""The home of an installation: where data live, the secrets made for it, the ports it keeps."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path

from saas.ops.embedded.folder import write_private
from saas.ops.ports import free_port, is_free

CHECKOUT = Path(__file__).resolve().parents[2]


def home(env: Mapping[str, str] | None = None) -> Path:
    """The folder named by QUNFA_HOME, else ``.qunfa`` in the checkout."""
    env = os.environ if env is None else env
    return Path(env.get("QUNFA_HOME") or CHECKOUT / ".qunfa").absolute()


def secrets_of(folder: Path) -> dict[str, str]:
    """The settings that must be secret, made once for this home; those set in the environment come first."""
    file = folder / "secrets.json"
    known: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
    if not known:
        known = {
            "QUNFA_SECRET_KEY": secrets.token_urlsafe(48),
            "QUNFA_ENCRYPTION_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        }
        write_private(file, json.dumps(known, indent=1))
    return {name: os.environ.get(name) or value for name, value in known.items()}


class Ports:
    """Ports this home keeps from run to run, as long as nobody else took them."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "ports.json"
        self._known: dict[str, int] = json.loads(self._file.read_text()) if self._file.exists() else {}

    def take(self, name: str) -> int:
        """The port ``name`` had before, if it is free; else another one, remembered from now on."""
        port = self._known.get(name, 0)
        if not port or not is_free(port):
            port = free_port(self._known.values())
        self._known[name] = port
        write_private(self._file, json.dumps(self._known, indent=1))
        return port


def channels_with_simulators(memory: Path) -> list[str]:
    """The installed channels that bring a simulator; remembered in ``memory``, because asking imports every plugin."""
    installed = sorted(
        f"{point.name} {point.dist.version if point.dist else ''}" for point in entry_points(group="qunfa.channels")
    )
    known = json.loads(memory.read_text()) if memory.exists() else {}
    if known.get("installed") != installed:
        from saas.channels.registry import Registry  # imports every plugin; once is enough

        names = [one.channel.name for one in Registry.from_entry_points().all() if one.hook.simulator]
        known = {"installed": installed, "simulators": names}
        write_private(memory, json.dumps(known))
    return list(known["simulators"])
