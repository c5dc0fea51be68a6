"""Settings of one's own: language, theme, password, signed-in browsers."""

from __future__ import annotations

from flask import current_app, flash, g, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from saas.kernel.errors import Invalid, Problem
from saas.tenants.service import change_own_password, set_locale
from saas.tenants.sessions import list_sessions, revoke_session
from saas.web.console.gate import actor, local, signed_in
from saas.web.console.language import THEME_COOKIE, THEMES, t
from saas.web.console.pages import console, page
from saas.web.identity import current_session_id
from saas.web.locale import COOKIE, LOCALES

YEAR = 365 * 86400


@console.post("/look")
def look() -> ResponseReturnValue:
    """Choose a theme or a language; works before sign-in too."""
    answer = make_response(redirect(local(request.form.get("next"), url_for("console.campaigns")), 303))
    for cookie, name, allowed in ((THEME_COOKIE, "theme", THEMES), (COOKIE, "language", LOCALES)):
        wished = request.form.get(name, "")
        if wished in allowed:
            secure = bool(current_app.config.get("SESSION_COOKIE_SECURE"))
            answer.set_cookie(cookie, wished, max_age=YEAR, httponly=True, samesite="Lax", secure=secure)
            if name == "language" and g.get("actor"):
                set_locale(actor(), wished)
    return answer


@console.get("/settings")
@signed_in
def own_settings() -> ResponseReturnValue:
    """One's own settings."""
    return _settings()


@console.post("/settings/password")
@signed_in
def password() -> ResponseReturnValue:
    """Change one's own password; other browsers are signed out."""
    new = request.form.get("new", "")
    try:
        if new != request.form.get("again", ""):
            raise Invalid("password_again", ("两次输入的新密码不一样", "the two new passwords differ"), field="again")
        change_own_password(actor(), request.form.get("current", ""), new, current_session_id())
    except Invalid as fault:
        return _settings(fault)
    flash(t("密码已更改，其他设备已退出登录。", "The password is changed; other browsers are signed out."))
    return redirect(url_for("console.own_settings"), 303)


@console.post("/settings/sessions/<ref>/revoke")
@signed_in
def revoke(ref: str) -> ResponseReturnValue:
    """Sign one of one's own browsers out."""
    revoke_session(actor(), ref)
    flash(t("已让那台设备退出登录。", "That browser is signed out."))
    return redirect(url_for("console.own_settings"), 303)


def _settings(fault: Problem | None = None) -> ResponseReturnValue:
    sessions = list_sessions(actor(), current_session_id())
    return page("settings.html", fault.status if fault else 200, sessions=sessions, fault=fault)
