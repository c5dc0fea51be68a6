"""The check packs of this installation: whatever implements ``findings``, found by entry point, asked together."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from importlib.metadata import entry_points
from typing import Any

import pluggy

from saas.channels import spec
from saas.channels.message import Message
from saas.channels.passage import Passage
from saas.channels.platform import Finding
from saas.channels.registry import BadChannel

GROUP = "qunfa.checks"
_HOOKS = {"findings", "rule_pack"}


@dataclass(frozen=True, slots=True)
class CheckPack:
    """A registered pack: its plugin, and the rules it tells of; None when it has none to show."""

    name: str
    plugin: object
    rules: Any


class Checks:
    """Every check pack by name. A pack that fails is a blocking finding: nothing passes because its check broke."""

    def __init__(self, packs: Iterable[tuple[str, object]] = ()) -> None:
        self._manager = pluggy.PluginManager("qunfa")
        self._manager.add_hookspecs(spec)
        self._packs: dict[str, CheckPack] = {}
        for name, plugin in packs:
            self.register(name, plugin)

    @classmethod
    def from_entry_points(cls) -> Checks:
        """Every installed pack. BadChannel for the first bad one, and where there is none at all."""
        points = sorted(entry_points(group=GROUP), key=lambda point: point.name)
        if not points:
            raise BadChannel(f"no compliance checks are installed (entry points '{GROUP}'): install the product anew")
        return cls((point.name, point.load()) for point in points)

    def register(self, name: str, plugin: object) -> None:
        """Check and add one pack. Raises BadChannel with what its author must change."""
        if name in self._packs:
            raise BadChannel(f"check pack '{name}': two packs carry this name; uninstall one of them")
        try:
            self._manager.register(plugin, name=name)
            self._manager.check_pending()
        except pluggy.PluginValidationError as error:
            raise BadChannel(f"check pack '{name}': {error}") from error
        implemented = {caller.name for caller in self._manager.get_hookcallers(plugin) or ()}
        if "findings" not in implemented or implemented - _HOOKS:
            raise BadChannel(f"check pack '{name}': it must implement 'findings', may implement 'rule_pack', and nothing else")
        if inspect.iscoroutinefunction(getattr(plugin, "findings")):  # noqa: B009
            raise BadChannel(f"check pack '{name}': hook 'findings' must be a plain def")
        rules = plugin.rule_pack() if "rule_pack" in implemented else None  # type: ignore[attr-defined]
        self._packs[name] = CheckPack(name, plugin, rules)

    def all(self) -> list[CheckPack]:
        """Every pack, by name."""
        return [self._packs[name] for name in sorted(self._packs)]

    def findings(self, message: Message, passages: Sequence[Passage], trades: Collection[str], day: date) -> list[Finding]:
        """What all packs find, each pack's findings in its own order."""
        return [f for pack in self.all() for f in self._asked(pack, message, passages, trades, day)]

    def _asked(
        self, pack: CheckPack, message: Message, passages: Sequence[Passage], trades: Collection[str], day: date
    ) -> list[Finding]:
        others = [plugin for plugin in self._manager.get_plugins() if plugin is not pack.plugin]
        caller = self._manager.subset_hook_caller("findings", remove_plugins=others)
        try:
            answers: list[list[Finding]] = caller(message=message, passages=passages, trades=trades, day=day)
        except Exception as error:
            return [_failed(pack.name, error)]
        return [finding for answer in answers for finding in answer]


def _failed(name: str, error: Exception) -> Finding:
    words = f"{type(error).__name__}"
    message = (f"检查“{name}”没有完成（{words}）", f"the check '{name}' did not finish ({words})")
    remedy = ("请管理员更新或卸载这个检查插件", "ask an admin to update or uninstall this check plugin")
    return Finding("check_failed", "block", f"check {name}", message, remedy)
