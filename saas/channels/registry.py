"""The registry: finds channels by entry point, and refuses a bad one at start, in words its author can act on."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any, cast

import pluggy

from saas.channels import spec
from saas.channels.approving import OF_APPROVALS
from saas.channels.channel import AccountKind, Channel
from saas.channels.forms import ill_declared
from saas.channels.version import CONTRACT, refusal

GROUP = "qunfa.channels"


class BadChannel(Exception):
    """A channel that must not be used; the text names the plugin, the fault and the remedy."""


@dataclass(frozen=True, slots=True)
class Installed:
    """A registered channel: its own hooks, called as ``installed.hook.send(account=…, …)``; they reach no other plugin."""

    channel: Channel
    plugin: object
    hook: Hooks
    distribution: str


class Hooks:
    """The hooks of exactly one plugin. A hook the plugin does not have is None."""

    def __init__(self, manager: pluggy.PluginManager, name: str, plugin: object) -> None:
        others = [p for p in manager.get_plugins() if p is not plugin]
        implemented = {caller.name for caller in manager.get_hookcallers(plugin) or ()}
        for hook in hook_names():
            caller = manager.subset_hook_caller(hook, remove_plugins=others) if hook in implemented else None
            setattr(self, hook, _straight(caller) if caller else None)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"the contract has no hook '{name}'")


class Registry:
    """All channels of this installation, by name."""

    def __init__(self) -> None:
        self._manager = pluggy.PluginManager("qunfa")
        self._manager.add_hookspecs(spec)
        self._plugins: dict[str, tuple[object, str]] = {}
        self._installed: dict[str, Installed] = {}

    @classmethod
    def from_entry_points(cls, only: str | None = None) -> Registry:
        """Register every installed channel, or ``only`` one. Raises BadChannel for the first bad one."""
        registry = cls()
        points = sorted(entry_points(group=GROUP), key=lambda point: point.name)
        registry.add_all((point, _loaded(point)) for point in points if only in (None, point.name))
        return registry

    def add_all(self, loaded: Iterable[tuple[EntryPoint, object]]) -> None:
        """Register loaded entry points."""
        for point, plugin in loaded:
            self.register(point.name, plugin, point.dist.name if point.dist else "")
        self.freeze()

    def register(self, name: str, plugin: object, distribution: str = "") -> None:
        """Check and add one plugin; ``freeze`` afterwards. Raises BadChannel."""
        if name in self._plugins:
            raise BadChannel(f"channel '{name}': two plugins carry this name; uninstall one of them")
        _check_version(name, plugin)
        try:
            self._manager.register(plugin, name=name)
        except pluggy.PluginValidationError as error:
            raise BadChannel(f"channel '{name}': {error}") from error
        self._check_hooks(name, plugin)
        self._plugins[name] = (plugin, distribution)

    def freeze(self) -> None:
        """Build the callers, now that every plugin is known."""
        for name, (plugin, distribution) in self._plugins.items():
            hooks = Hooks(self._manager, name, plugin)
            self._installed[name] = Installed(_described(name, plugin, hooks), plugin, hooks, distribution)

    def get(self, name: str) -> Installed | None:
        """The channel of that name, or None when it is not installed."""
        return self._installed.get(name)

    def kind(self, channel: str, kind: str) -> AccountKind | None:
        """The account kind of a channel, or None."""
        installed = self.get(channel)
        return installed.channel.kind(kind) if installed else None

    def all(self) -> list[Installed]:
        """Every channel, by name."""
        return [self._installed[name] for name in sorted(self._installed)]

    @property
    def hook(self) -> Any:
        """The callers that reach all plugins (``findings``)."""
        return self._manager.hook

    def _check_hooks(self, name: str, plugin: object) -> None:
        implemented = {caller.name for caller in self._manager.get_hookcallers(plugin) or ()}
        for required in spec.REQUIRED:
            if required not in implemented:
                raise BadChannel(f"channel '{name}': the obligatory hook '{required}' is missing; see saas/channels/spec.py")
        try:
            self._manager.check_pending()
        except pluggy.PluginValidationError as error:
            raise BadChannel(f"channel '{name}': {error}") from error
        for hook in sorted(implemented & set(hook_names())):
            self._check_nature(name, plugin, hook)

    def _check_nature(self, name: str, plugin: object, hook: str) -> None:
        wanted = inspect.iscoroutinefunction(getattr(spec, hook))
        if inspect.iscoroutinefunction(getattr(plugin, hook)) != wanted:
            raise BadChannel(f"channel '{name}': hook '{hook}' must be {'async def' if wanted else 'a plain def'}")


def _loaded(point: EntryPoint) -> object:
    try:
        return cast(object, point.load())
    except Exception as error:
        told = f"{point.value} cannot be imported ({type(error).__name__}: {error}); mend it or uninstall it"
        raise BadChannel(f"channel '{point.name}': {told}") from error


def _check_version(name: str, plugin: object) -> None:
    """Before anything else of it is looked at: a newer channel has hooks that nobody here knows."""
    describe = getattr(plugin, "channel", None)
    if not callable(describe):
        return
    try:
        described = describe()
    except Exception as error:
        raise BadChannel(f"channel '{name}': its hook 'channel' raised {type(error).__name__}: {error}") from error
    if why := refusal(getattr(described, "contract", CONTRACT)):
        raise BadChannel(f"channel '{name}': {why}")


def hook_names() -> list[str]:
    """Every hook of the contract, in the order of the specification."""
    hooks = [(n, f) for n, f in vars(spec).items() if inspect.isfunction(f) and hasattr(f, "qunfa_spec")]
    return [n for n, f in sorted(hooks, key=lambda hook: hook[1].__module__ != spec.__name__)]


def _described(name: str, plugin: object, hooks: Hooks) -> Channel:
    channel = hooks.channel()
    if not isinstance(channel, Channel):
        raise BadChannel(f"channel '{name}': the hook 'channel' must give a saas.channels.Channel")
    if channel.name != name:
        raise BadChannel(f"channel '{name}': it calls itself '{channel.name}'; name and entry point must be the same")
    if hooks.drafts and not hooks.draft_picture:
        raise BadChannel(f"channel '{name}': it has the hook 'drafts' and no hook 'draft_picture'")
    if bool(hooks.calls_left) != bool(hooks.clear_calls):
        other = "clear_calls" if hooks.calls_left else "calls_left"
        raise BadChannel(f"channel '{name}': it counts calls and has no hook '{other}'")
    if (hooks.listen or hooks.welcome) and not hooks.heard:
        raise BadChannel(f"channel '{name}': it listens to lines and has no hook 'heard'")
    if channel.portal and (missing := [hook for hook in spec.OF_PORTALS if not getattr(hooks, hook)]):
        raise BadChannel(f"channel '{name}': it has a portal and no hook '{missing[0]}'")
    if channel.portal and (ill := ill_declared((*channel.portal.credentials, *channel.portal.settings))):
        raise BadChannel(f"channel '{name}': of its portal {ill}")
    for kind in channel.kinds:
        _check_kind(name, kind, hooks)
        _check_tags(name, kind, plugin, hooks)
    return channel


def _check_kind(name: str, kind: AccountKind, hooks: Hooks) -> None:
    if ill := ill_declared((*kind.credentials, *kind.settings)):
        raise BadChannel(f"channel '{name}': of its kind '{kind.name}' {ill}")
    if strange := set(kind.identity) - {field.name for field in kind.credentials if field.required}:
        raise BadChannel(f"channel '{name}': kind '{kind.name}' is named by '{min(strange)}', no obligatory credential of it")
    if kind.opt_in and not kind.risk:
        raise BadChannel(f"channel '{name}': kind '{kind.name}' is opt-in and states no risk")
    names = [route.name for route in kind.routes]
    if len(set(names)) != len(names) or not names:
        raise BadChannel(f"channel '{name}': kind '{kind.name}' needs routes, each with its own name")
    if any(route.repeat.by == "lookup" for route in kind.routes) and not hooks.lookup:
        raise BadChannel(f"channel '{name}': kind '{kind.name}' declares repeat by lookup and has no hook 'lookup'")
    if kind.try_out and not hooks.try_out:
        raise BadChannel(f"channel '{name}': kind '{kind.name}' can be tried and has no hook 'try_out'")
    if kind.approving and (missing := [hook for hook in OF_APPROVALS if not getattr(hooks, hook)]):
        raise BadChannel(f"channel '{name}': kind '{kind.name}' has an approval and no hook '{missing[0]}'")
    needed = "answer" if kind.replying and kind.replying.at_once else "reply"
    if kind.replying and not getattr(hooks, needed):
        raise BadChannel(f"channel '{name}': kind '{kind.name}' answers people and has no hook '{needed}'")
    if kind.replying and (not hooks.callback or kind.replying.route in names):
        raise BadChannel(f"channel '{name}': kind '{kind.name}' needs the hook 'callback', and a route of its own for answers")


def _check_tags(name: str, kind: AccountKind, plugin: object, hooks: Hooks) -> None:
    """An ``audience`` that knows no tag would list everybody for one."""
    if not any("tag" in route.audience for route in kind.routes):
        return
    if not hooks.tags:
        raise BadChannel(f"channel '{name}': kind '{kind.name}' sends to tags and has no hook 'tags'")
    if hooks.audience and "tag" not in inspect.signature(getattr(plugin, "audience")).parameters:  # noqa: B009
        raise BadChannel(f"channel '{name}': kind '{kind.name}' sends to tags and its hook 'audience' takes no 'tag'")


def _straight(caller: pluggy.HookCaller) -> Callable[..., Any]:
    """The one implementation, called with the arguments it takes: a send is made a hundred thousand times over."""
    implementations = caller.get_hookimpls()
    if len(implementations) != 1 or implementations[0].wrapper or implementations[0].hookwrapper:
        return caller
    function, names = implementations[0].function, implementations[0].argnames
    if caller.spec is not None and set(names) == set(caller.spec.argnames):
        return cast(Callable[..., Any], function)

    def call(**given: Any) -> Any:
        return function(*[given[name] for name in names])

    return call
