"""Material into the library and out: uploads, exports, short forms for what needs no editor, and a campaign of items."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from saas.accounts.channels import installed, registry
from saas.accounts.service import AccountView, list_accounts, list_clients
from saas.content.library import searching, service
from saas.content.library.contents import FILES, KINDS
from saas.content.library.exporting import Plan
from saas.content.library.importing.platform_drafts import import_drafts, list_drafts
from saas.content.library.importing.upload import import_upload
from saas.content.library.sendable import CONTENT, SAYS, taken_by, unsaid
from saas.content.library.views import Conflicted
from saas.delivery.from_library import prepare_from_library
from saas.kernel.errors import Conflict, Invalid, NotFound
from saas.reports.sheet import finding_of
from saas.web.api.library_files import laid_down, zipped
from saas.web.console.gate import actor, signed_in
from saas.web.console.language import t
from saas.web.console.library import ICONS, chosen_client, ticked
from saas.web.console.pages import console, page
from saas.web.doors import takes_upload

SHORT = ("text", "link", "mini_program", "template")
FORMS: dict[str, tuple[str, ...]] = {
    "text": ("text",),
    "link": ("title", "url", "description"),
    "mini_program": ("title", "appid", "path"),
    "template": ("title", "id", "url", "data"),
    **dict.fromkeys(FILES, ("name", "alt", "description")),
}
LATENESS = {"30m": 1800, "2h": 7200, "6h": 21_600, "1d": 86_400}


@console.get("/library/import")
@signed_in
def library_import() -> ResponseReturnValue:
    """Where material is handed in."""
    actor().need("write")
    return _import_page()


@console.post("/library/import")
@signed_in
@takes_upload
def take_material() -> ResponseReturnValue:
    """Import it whole, or say everything that is wrong with it."""
    actor().need("write")
    file = request.files.get("file")
    if file is None or not file.filename:
        missing = Invalid("file_missing", ("没有选文件", "no file was chosen"), ("选一个文件", "choose a file"), "file")
        return _import_page(missing.status, missing)
    tags = [word for word in request.form.get("tags", "").replace("，", ",").split(",") if word.strip()]
    try:
        client = chosen_client()
        with laid_down(file) as path:
            made = import_upload(actor(), client, path, file.filename, folder=request.form.get("folder", ""), tags=tags)
    except Invalid as fault:
        findings = [finding_of(found) for found in fault.detail.get("findings", [])]
        return _import_page(fault.status, fault, findings=findings, name=file.filename)
    rows = searching.some(made.items)
    return page("library/imported.html", made=made, rows=rows, kinds=KINDS, icons=ICONS, name=file.filename, client=client)


@console.get("/library/drafts")
@signed_in
def platform_drafts() -> ResponseReturnValue:
    """What lies in the draft box of an Official Account."""
    actor().need("write")
    return _drafts_page(request.args.get("account", ""))


@console.post("/library/drafts")
@signed_in
def fetch_platform_drafts() -> ResponseReturnValue:
    """Bring the ticked ones into the library."""
    actor().need("write")
    key = request.form.get("account", "")
    try:
        made = import_drafts(actor(), key, request.form.getlist("draft"), folder=request.form.get("folder", ""))
    except (Invalid, Conflict) as fault:
        return _drafts_page(key, fault)
    rows = searching.some(made.items)
    client = rows[0].client_id if rows else None
    return page("library/imported.html", made=made, rows=rows, kinds=KINDS, icons=ICONS, name=key, client=client)


def _drafts_page(key: str, fault: Invalid | Conflict | None = None) -> ResponseReturnValue:
    boxed = [row for row in list_accounts(actor()) if registry().get(row.channel) and installed(row.channel).hook.drafts]
    chosen = next((row for row in boxed if row.key == key), None)
    found = []
    try:
        found = list_drafts(actor(), chosen.key) if chosen and not isinstance(fault, Conflict) else []
    except Conflict as silent:
        fault = silent
    status = fault.status if fault else 200
    return page("library/drafts.html", status, accounts=boxed, chosen=chosen, drafts=found, fault=fault)


def _import_page(status: int = 200, fault: Invalid | None = None, **more: Any) -> ResponseReturnValue:
    return page("library/import.html", status, clients=list_clients(actor()), fault=fault, **more)


@console.get("/library/export")
@signed_in
def library_export() -> ResponseReturnValue:
    """The ticked items as a zip."""
    actor().need("see_library")
    return zipped(actor(), ticked(request.args.getlist("item")), None, "")


@console.get("/library/new/<kind>")
@signed_in
def new_material(kind: str) -> ResponseReturnValue:
    """A form for a text, a link or a card."""
    actor().need("write")
    if kind not in SHORT:
        raise NotFound(("素材类型", "kind"), kind)
    return _form(kind, {}, None)


@console.post("/library/new/<kind>")
@signed_in
def make_material(kind: str) -> ResponseReturnValue:
    """Keep it."""
    if kind not in SHORT:
        raise NotFound(("素材类型", "kind"), kind)
    actor().need("write")
    content = _content(kind, {})
    try:
        saved = service.create(actor(), chosen_client(), kind, content)
    except Invalid as fault:
        return _form(kind, content, None, fault)
    return redirect(url_for("console.library_item", item_id=saved.item_id), 303)


@console.get("/library/<int:item_id>/form")
@signed_in
def material_form(item_id: int) -> ResponseReturnValue:
    """The same for one that is there; articles have their editor."""
    actor().need("write")
    shown = service.read(actor(), item_id)
    if shown.row.kind == "article":
        return redirect(f"/library/{item_id}/edit", 303)
    return _form(shown.row.kind, shown.content, shown.row)


@console.post("/library/<int:item_id>/form")
@signed_in
def save_material(item_id: int) -> ResponseReturnValue:
    """Save it, from the version that was seen."""
    actor().need("write")
    shown = service.read(actor(), item_id)
    kind, base = shown.row.kind, request.form.get("base", 0, type=int)
    if kind == "article":
        return redirect(f"/library/{item_id}/edit", 303)
    content = _content(kind, shown.content)
    try:
        done = service.save(actor(), item_id, base, content, tab="form")
    except Invalid as fault:
        return _form(kind, content, shown.row, fault)
    if isinstance(done, Conflicted):
        return redirect(url_for("console.library_conflict", item_id=item_id, tab="form"), 303)
    return redirect(url_for("console.library_item", item_id=item_id), 303)


def _content(kind: str, held: Mapping[str, Any]) -> dict[str, Any]:
    """What the form says, with what it does not ask for as it was."""
    given: dict[str, Any] = {key: request.form.get(key, "") for key in FORMS.get(kind, ())}
    if "data" in given:
        lines = [line.partition("=") for line in given["data"].splitlines() if line.strip()]
        given["data"] = {name.strip(): value.strip() for name, _, value in lines}
    return {**held, **given}


def _form(kind: str, content: Mapping[str, Any], row: Any, fault: Invalid | None = None) -> ResponseReturnValue:
    values = {**content, "data": "\n".join(f"{k}={v}" for k, v in content.get("data", {}).items())}
    return page(
        "library/form.html", fault.status if fault else 200, words_of_kind=KINDS[kind], names=FORMS[kind], values=values, row=row,
        fault=fault, clients=list_clients(actor()),
    )  # fmt: skip


@console.get("/library/campaign")
@signed_in
def campaign_of_items() -> ResponseReturnValue:
    """Which accounts, and when."""
    actor().need("write")
    return _campaign_page(ticked(request.args.getlist("item")))


@console.post("/library/campaign")
@signed_in
def make_campaign_of_items() -> ResponseReturnValue:
    """Plan it as a folder would be; its faults, all of them, when one blocks."""
    actor().need("write")
    items = ticked(request.form.getlist("item"))
    plan = Plan(
        name=request.form.get("name", "").strip(),
        accounts=request.form.getlist("account"),
        schedule=_when(),
        max_lateness=request.form.get("max_lateness", ""),
        marketing=request.form.get("marketing") == "1",
        text=request.form.get("text", "").strip(),
        groups=_groups(),
    )
    try:
        campaign = prepare_from_library(actor(), items, plan)
    except Invalid as fault:
        findings = [finding_of(found) for found in fault.detail.get("findings", [])]
        return _campaign_page(items, fault, findings)
    flash(t("活动已建立，等待另一个人审批。", "The campaign is ready and waits for a second person's approval."))
    return redirect(url_for("console.campaign", campaign_id=campaign), 303)


def _groups() -> list[str]:
    """Ids or names of groups, separated by commas or lines."""
    written = request.form.get("groups", "").replace("，", ",").replace("\n", ",").split(",")
    return [group.strip() for group in written if group.strip()]


def _when() -> str:
    wish = request.form.get("when", "now")
    return f"{request.form.get('date', '')}T{request.form.get('time', '')}" if wish == "at" else wish


def _campaign_page(items: list[int], fault: Invalid | None = None, findings: Any = ()) -> ResponseReturnValue:
    rows = searching.some(items)
    if not rows:
        raise NotFound(("素材", "item"))
    order = {item: number for number, item in enumerate(items)}
    accounts = list_accounts(actor())
    return page(
        "library/campaign.html", fault.status if fault else 200, rows=sorted(rows, key=lambda row: order[row.id]), icons=ICONS,
        accounts=accounts, clients={row.client_id for row in rows}, fault=fault, findings=findings,
        unsaid=unsaid(rows), takes=_takes(), says={SAYS[row.kind] for row in rows if row.kind in SAYS}, contents=CONTENT,
        lateness=LATENESS, chosen=request.form.getlist("account"), form=request.form, grouped=any(map(_of_groups, accounts)),
    )  # fmt: skip


def _of_groups(account: AccountView) -> bool:
    """Whether a campaign may name single groups of the account."""
    found = registry().get(account.channel)
    kind = found.channel.kind(account.kind) if found else None
    return any(route.unit == "group" and "ids" in route.audience for route in (kind.routes if kind else ()))


def _takes() -> Callable[[AccountView], Sequence[str]]:
    """What an account can be sent."""

    def taken(account: AccountView) -> Sequence[str]:
        found = registry().get(account.channel)
        return taken_by(found.channel.kind(account.kind) if found else None)

    return taken
