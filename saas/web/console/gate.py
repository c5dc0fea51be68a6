"""Who is at the page: the actor of this request, and what the frame around every page needs to know."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec
from urllib.parse import urlsplit

from flask import g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from saas.tenants.actor import Actor

P = ParamSpec("P")


def actor() -> Actor:
    """The signed-in member. Only inside views marked ``signed_in``."""
    found: Actor = g.actor
    return found


def signed_in(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """The view is for members; others are sent to the sign-in page and come back afterwards."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        if g.get("actor") is None:
            return to_sign_in()
        return view(*args, **kwargs)

    return guarded


def local(target: str | None, fallback: str) -> str:
    """A path of this site to go to next, or the fallback: never another host."""
    parts = urlsplit(target or "")
    safe = target and target.startswith("/") and not target.startswith(("//", "/\\")) and not parts.netloc
    return target if safe and target else fallback


def to_sign_in() -> ResponseReturnValue:
    """Off to the sign-in page, and back to where one was."""
    wanted = request.full_path.rstrip("?") if request.method == "GET" and "HX-Request" not in request.headers else None
    target = url_for("console.sign_in", next=wanted)
    if "HX-Request" in request.headers:
        return "", 204, {"HX-Redirect": target}
    return redirect(target, 303)
