"""Talking to the control rooms of running simulators."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

TIMEOUT = 15


class Rehearsal:
    """The simulators of a stack, by channel name."""

    def __init__(self, addresses: Mapping[str, str]) -> None:
        self.addresses = addresses

    def enrol(self, channel: str, key: str, kind: str, name: str, audience_size: int, callback_path: str) -> dict[str, Any]:
        """Make (or find) the account on the stage: ``{"id", "credentials", "settings"}``."""
        body = {"key": key, "kind": kind, "name": name, "audience_size": audience_size, "callback_path": callback_path}
        enrolled: dict[str, Any] = self._ask(channel, "POST", "accounts", body)
        return enrolled

    def enrol_portal(self, channel: str, name: str, path: str) -> dict[str, Any]:
        """Make (or find) a portal on the stage: ``{"credentials", "settings"}``, or ``{"error"}``."""
        enrolled: dict[str, Any] = self._ask(channel, "POST", "portals", {"name": name, "path": path})
        return enrolled

    def effects(self) -> list[dict[str, Any]]:
        """Everything the simulators let happen, oldest first."""
        found = [effect for channel in self.addresses for effect in self._ask(channel, "GET", "effects")]
        return sorted(found, key=lambda effect: str(effect["at"]))

    def faults(self) -> dict[str, list[dict[str, Any]]]:
        """The faults that are on, by channel."""
        return {channel: self._ask(channel, "GET", "faults") for channel in self.addresses}

    def add_fault(self, channel: str, fault: Mapping[str, Any]) -> dict[str, Any]:
        """Switch a fault on; the answer is the fault, or ``{"error"}``."""
        added: dict[str, Any] = self._ask(channel, "POST", "faults", fault)
        return added

    def check_fault(self, channel: str, fault: Mapping[str, Any]) -> dict[str, Any]:
        """What ``add_fault`` would answer; nothing is switched on."""
        told: dict[str, Any] = self._ask(channel, "POST", "faults?check", fault)
        return told

    def clear_faults(self) -> None:
        """Switch all faults off."""
        for channel in self.addresses:
            self._ask(channel, "DELETE", "faults")

    def change(self, channel: str, platform_id: str, record: Mapping[str, Any]) -> dict[str, Any]:
        """Change what the stage knows of an account (``ip_allowed``, ``verified`` …)."""
        changed: dict[str, Any] = self._ask(channel, "PATCH", f"accounts/{platform_id}", record)
        return changed

    def set_rate(self, rate: float) -> None:
        """Let every stage's clock run ``rate`` times as fast."""
        for channel in self.addresses:
            self._ask(channel, "POST", "clock", {"rate": rate})

    def account_id(self, key: str) -> tuple[str, str] | None:
        """(channel, the platform's id) of the account with the product's key."""
        for channel in self.addresses:
            for platform_id, record in self._ask(channel, "GET", "accounts").items():
                if record.get("key") == key:
                    return channel, platform_id
        return None

    def _ask(self, channel: str, method: str, path: str, body: Any = None) -> Any:
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(f"{self.addresses[channel]}/_control/{path}", data, method=method)  # noqa: S310
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _KeepErrors())
        with opener.open(request, timeout=TIMEOUT) as answer:
            return json.loads(answer.read())


class _KeepErrors(urllib.request.HTTPErrorProcessor):
    """An error answer of a control room is JSON like any other."""

    def http_response(self, request: Any, response: Any) -> Any:
        return response

    https_response = http_response


def effects_on_disk(home: Path) -> list[dict[str, Any]]:
    """The same log, read from the home of a stack that does not run."""
    found = [effect for file in (home / "simulators").glob("*/effects.jsonl") for effect in _lines(file)]
    return sorted(found, key=lambda effect: str(effect["at"]))


def _lines(file: Path) -> Iterator[dict[str, Any]]:
    for line in file.read_text(encoding="utf-8").splitlines():
        try:
            yield json.loads(line)
        except ValueError:
            continue  # the last line of a server that was killed while writing
