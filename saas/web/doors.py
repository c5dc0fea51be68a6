"""What a view declares about itself: whether anyone may come, whether it takes uploads, what its actor must be allowed."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import current_app, request

from saas.kernel.errors import Forbidden, Unauthenticated
from saas.web.identity import visitor

P = ParamSpec("P")
R = TypeVar("R")
View = TypeVar("View", bound=Callable[..., Any])


def open_door(view: View) -> View:
    """No session, no CSRF, no tenant: health and what platforms push."""
    view.open_door = True  # type: ignore[attr-defined]
    return view


def outside_tenant(view: View) -> View:
    """No tenant's scope around the view: signing in, where the tenant may change."""
    view.outside_tenant = True  # type: ignore[attr-defined]
    return view


def takes_upload(view: View) -> View:
    """The view takes folders: its body may be large."""
    view.takes_upload = True  # type: ignore[attr-defined]
    return view


def needs(right: str, scope: str = "read") -> Callable[[Callable[..., R]], Callable[..., R]]:
    """The view of the API gets the actor as its first argument, once role and token scope allow it.

    ``scope`` session means: only from a signed-in browser, never by a token.
    """

    def declare(view: Callable[..., R]) -> Callable[..., R]:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> R:
            who = visitor()
            if who is None:
                raise Unauthenticated
            if who.scopes is not None and scope not in who.scopes:
                raise _scope_missing(scope)
            who.actor.need(right)
            return view(who.actor, *args, **kwargs)

        guarded.needs = (right, scope)  # type: ignore[attr-defined]
        return guarded

    return declare


def declared(name: str) -> bool:
    """Whether the view of this request carries the mark."""
    return bool(getattr(current_app.view_functions.get(request.endpoint or ""), name, False))


def is_open_door() -> bool:
    """Whether this request needs nobody: marked views and static files."""
    return declared("open_door") or (request.endpoint or "").rpartition(".")[2] == "static"


def _scope_missing(scope: str) -> Forbidden:
    if scope == "session":
        return Forbidden(
            ("只能在网页登录后操作，不能用令牌", "only from a signed-in browser, never by a token"),
            ("请登录控制台", "sign in to the console"),
        )
    return Forbidden(
        (f"令牌缺少 {scope} 权限", f"the token lacks the scope '{scope}'"),
        ("新建一个带此权限的令牌", "make a token with this scope"),
    )
