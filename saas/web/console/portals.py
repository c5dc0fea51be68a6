"""Connecting accounts by a scan: the agency's portals, the way to the platform's page, and the way back."""

from __future__ import annotations

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from saas.accounts.portals.removing import remove
from saas.accounts.portals.service import awaited, invite, invited, kinds, list_portals, portal_for, portal_names, set_up
from saas.accounts.service import list_clients
from saas.delivery.portals import connect
from saas.kernel.database import db
from saas.kernel.errors import Conflict
from saas.web.console.gate import actor, signed_in
from saas.web.console.language import t
from saas.web.console.pages import console, page
from saas.web.locale import say


@console.get("/portals")
@signed_in
def portals() -> ResponseReturnValue:
    """The portals, what to enter at the platform, and a form for one more."""
    return page("portals/list.html", portals=list_portals(actor()), kinds=kinds())


@console.post("/portals")
@signed_in
def set_up_portal() -> ResponseReturnValue:
    """Make a portal, or change one."""
    form = request.form
    values = {name: value for name, value in form.items() if name not in ("csrf_token", "channel", "name")}
    found = set_up(actor(), form.get("channel", ""), form.get("name", ""), values)
    flash(
        t(
            "已保存“{name}”。请把两个地址填到平台。",
            "'{name}' is saved. Enter its two addresses at the platform.",
            name=found.name,
        )
    )
    return redirect(url_for("console.portals"), 303)


@console.post("/portals/<int:portal_id>/remove")
@signed_in
def remove_portal(portal_id: int) -> ResponseReturnValue:
    """It goes with its secrets and addresses, unless accounts send over it."""
    paused = remove(actor(), portal_id)
    flash(t("开放平台已移除。", "The portal is removed."))
    if paused:
        words = t("{n} 个已取消授权的账号仍暂停。", "Accounts whose owners had withdrawn stay paused: {n}.", n=paused)
        flash(words, "warn")
    return redirect(url_for("console.portals"), 303)


@console.get("/portals/scan")
@signed_in
def portal_scan() -> ResponseReturnValue:
    """For which client, over which portal."""
    actor().need("manage_accounts")
    names = portal_names(actor())
    chosen = request.args.get("client", "")
    return page("portals/scan.html", portals=names, clients=list_clients(actor()), chosen=chosen, made=None)


@console.post("/portals/scan")
@signed_in
def begin_portal_scan() -> ResponseReturnValue:
    """The way to the platform's page. A link and no redirect: the platform looks whence one comes."""
    chosen = request.form.get("portal", "")
    made = invite(actor(), int(chosen) if chosen.isascii() and chosen.isdigit() else 0, request.form.get("client", ""))
    return page("portals/scan.html", portals=[], clients=[], made=made)


@console.get("/portals/back/<state>")
@signed_in
def portal_back(state: str) -> ResponseReturnValue:
    """The owner has agreed: what will be connected, to be confirmed. Nothing has happened yet."""
    found = invited(actor(), state)
    client, portal, code = found.client, portal_for(found.portal_id).name, awaited(found)
    db.session.rollback()
    if code is None and not request.args:
        words = (f"客户“{client}”的账号管理员没有同意授权", f"the owner of {client}'s account did not agree")
        raise Conflict("not_agreed", words, ("请沟通后重新扫码", "talk to them, then begin again"))
    answer = request.args.to_dict() if code is None else {}
    return page("portals/back.html", state=state, answer=answer, client=client, portal=portal, waiting=code == "")


@console.post("/portals/back/<state>")
@signed_in
def confirm_portal(state: str) -> ResponseReturnValue:
    """Connect it."""
    answer = {name: value for name, value in request.form.items() if name != "csrf_token"}
    found = connect(actor(), state, answer)
    words = {"name": found.name, "client": found.client}
    if found.is_new:
        flash(t("已接入“{name}”，属于客户“{client}”。", "'{name}' is connected, for the client '{client}'.", **words))
    else:
        flash(t("“{name}”已重新授权，暂停的发送会继续。", "'{name}' is authorised again: what waited goes on.", **words))
    if found.missing:
        listed = t("、", ", ").join(say(one) for one in found.missing)
        flash(t("没有授权：{rights}", "not granted: {rights}", rights=listed), "warn")
    return redirect(url_for("console.accounts"), 303)
