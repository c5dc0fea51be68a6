"""Sign in and out."""

from __future__ import annotations

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import RateLimitExceeded

from saas.kernel.errors import Invalid, Problem, TooMany
from saas.web.console.gate import local
from saas.web.console.pages import console, page
from saas.web.doors import outside_tenant
from saas.web.identity import actor
from saas.web.login import sign_in_browser, sign_out_browser


@console.get("/")
def home() -> ResponseReturnValue:
    """The way in: today at a glance for the agency's people, campaigns for a client's."""
    who = actor()
    return redirect(url_for("console.today" if who and who.may("see_accounts") else "console.campaigns"), 303)


@console.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    """The sign-in page."""
    wanted = local(request.args.get("next"), url_for("console.home"))
    return redirect(wanted, 303) if actor() else page("sign_in.html", wanted=wanted)


@console.post("/sign-in")
@outside_tenant
def enter_console() -> ResponseReturnValue:
    """Open a session and go where the person wanted to go."""
    wanted = local(request.form.get("next"), url_for("console.home"))
    email = request.form.get("email", "").strip()
    try:
        _enter(email, request.form.get("password", ""))
    except RateLimitExceeded as error:
        fault: Problem = TooMany(error.limit.limit.get_expiry() if error.limit else 60)
    except Problem as problem:
        fault = problem
    else:
        return redirect(wanted, 303)
    return page("sign_in.html", fault.status, wanted=wanted, email=email, fault=fault)


@console.post("/sign-out")
@outside_tenant
def sign_out() -> ResponseReturnValue:
    """End this session."""
    sign_out_browser()
    return redirect(url_for("console.sign_in"), 303)


def _enter(email: str, password: str) -> None:
    if not email or not password:
        raise Invalid("sign_in_empty", ("请填写邮箱和密码", "enter e-mail and password"), field="password" if email else "email")
    sign_in_browser(email, password)
