"""``library``: a client's material in, out, found, and made into campaigns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import click

from saas.accounts.service import client_names
from saas.channels.platform import Finding
from saas.cli.context import acting, stack
from saas.cli.saying import both, give_json, locale, say, show_finding, table
from saas.cli.sending import AS, JSON, TENANT
from saas.cli.showing import show
from saas.content.library import exporting, placing, searching, service, uses
from saas.content.library.contents import KINDS
from saas.content.library.importing.batch import Imported
from saas.content.library.importing.platform_drafts import import_drafts, list_drafts
from saas.content.library.importing.upload import import_upload
from saas.content.library.views import ItemRow
from saas.delivery.from_library import prepare_from_library
from saas.kernel.errors import Invalid, NotFound
from saas.reports.service import campaign_report
from saas.tenants.actor import Actor

CLIENT = click.option("--client", metavar="NAME", help="the client")
ITEM = click.argument("item", type=int)


@click.group("library")
def library() -> None:
    """The material library."""


@library.command("list")
@click.option("--words", default="", help="all of them must occur")
@click.option("--kind", type=click.Choice(list(KINDS)), help="only this kind")
@CLIENT
@click.option("--folder", metavar="PATH", help="only what lies in this folder; needs --client")
@click.option("--tag", default="", help="only what carries this tag")
@click.option("--archived", is_flag=True, help="what was put away")
@click.option("--limit", type=click.IntRange(1, 500), default=50, show_default=True, help="at most so many")
@JSON
@AS
@TENANT
def list_items(
    words: str, kind: str | None, client: str | None, folder: str | None, tag: str, archived: bool, limit: int, as_json: bool,
    email: str | None, tenant: str | None,
) -> None:  # fmt: skip
    """Items, the last changed first."""
    with stack(), acting(email, "editor", tenant) as actor:
        client_id = _client(client) if client else None
        folder_id = _folder(actor, client_id, folder) if folder else None
        rows = searching.search(actor, searching.Wish(words, kind or "", client_id, folder_id, tag, archived, None, limit))
    if as_json:
        give_json([asdict(row) for row in rows])
    else:
        _show_rows(rows)


@library.command("show")
@ITEM
@click.option("--version", type=click.IntRange(1), help="an older version")
@JSON
@AS
@TENANT
def show_item(item: int, version: int | None, as_json: bool, email: str | None, tenant: str | None) -> None:
    """An item, its versions and what uses it."""
    with stack(), acting(email, "editor", tenant) as actor:
        page, known, used = service.read(actor, item, version), service.versions(actor, item), uses.where_used(actor, item)
    if as_json:
        give_json({**asdict(page.row), "number": page.number, "content": page.content, "versions": [asdict(v) for v in known],
                   "uses": asdict(used)})  # fmt: skip
        return
    _show_rows([page.row])
    header = (both("版本", "version"), both("谁", "by"), both("何时", "at"), both("备注", "note"))
    click.echo("\n" + table(header, [(v.number, v.member, f"{v.at:%Y-%m-%d %H:%M}", v.note) for v in known]))
    rows = [(both("活动", "campaign"), c.campaign, c.name, c.version) for c in used.campaigns]
    rows += [(both(*KINDS[one.row.kind]), one.row.id, one.row.title, one.version) for one in used.items]
    if rows:
        click.echo("\n" + table((both("用在", "used in"), "id", both("名称", "name"), both("版本", "version")), rows))


@library.command("import")
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option("--client", metavar="NAME", required=True, help="whose material it is")
@click.option("--folder", default="", metavar="PATH", help="where it is put; made where it is not there")
@click.option("--tag", "tags", multiple=True, help="repeatable")
@JSON
@AS
@TENANT
def import_from(
    source: Path, client: str, folder: str, tags: tuple[str, ...], as_json: bool, email: str | None, tenant: str | None
) -> None:
    """Take in a folder, a zip of one, Markdown, HTML, DOCX, a picture, a video or a voice."""
    with stack(), acting(email, "editor", tenant) as actor:
        made = import_upload(actor, _client(client), source, folder=folder, tags=tags)
        rows = searching.some(made.items)
    show_imported(made, rows, as_json)


@library.command("drafts")
@click.argument("account")
@JSON
@AS
@TENANT
def drafts(account: str, as_json: bool, email: str | None, tenant: str | None) -> None:
    """What lies in the draft box of an Official Account, as its platform lists it now."""
    with stack(), acting(email, "editor", tenant) as actor:
        rows = list_drafts(actor, account)
    if as_json:
        give_json([asdict(row) for row in rows])
        return
    header = ("id", both("改于", "changed"), both("文章", "articles"), both("素材", "items"))
    cells = [
        (r.id, f"{r.changed_at:%Y-%m-%d %H:%M}", " / ".join(r.titles), ", ".join(str(i) for i in r.items if i)) for r in rows
    ]  # fmt: skip
    click.echo(table(header, cells, {2: 60}))


@library.command("fetch")
@click.argument("account")
@click.argument("drafts", nargs=-1, required=True)
@click.option("--folder", default="", metavar="PATH", help="where they are put; made where it is not there")
@click.option("--tag", "tags", multiple=True, help="repeatable")
@JSON
@AS
@TENANT
def fetch(
    account: str,
    drafts: tuple[str, ...],
    folder: str,
    tags: tuple[str, ...],
    as_json: bool,
    email: str | None,
    tenant: str | None,
) -> None:
    """Bring drafts of an account into its client's library, with their pictures."""
    with stack(), acting(email, "editor", tenant) as actor:
        made = import_drafts(actor, account, drafts, folder=folder, tags=tags)
        rows = searching.some(made.items)
    show_imported(made, rows, as_json)


@library.command("export")
@click.argument("target", type=click.Path(path_type=Path))
@click.argument("items", type=int, nargs=-1)
@CLIENT
@click.option("--name", default="", help="what campaign.yaml calls it")
@AS
@TENANT
def export(target: Path, items: tuple[int, ...], client: str | None, name: str, email: str | None, tenant: str | None) -> None:
    """Write items, or all of a client, into a new campaign folder, or a zip of one."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        words = (f"{target} 已经存在", f"{target} is there already")
        raise Invalid("target_exists", words, ("换一个新的文件夹", "name a new folder"), "TARGET")
    with stack(), acting(email, "editor", tenant) as actor:
        picked = list(items) or (exporting.everything(actor, _client(client)) if client else [])
        write = exporting.export_zip if target.suffix.lower() == ".zip" else exporting.export_folder
        write(actor, picked, target, exporting.Plan(name=name))
    say(f"已导出 {len(picked)} 项到 {target}", f"{len(picked)} items written to {target}")


@library.command("tag")
@ITEM
@click.argument("tags", nargs=-1)
@AS
@TENANT
def tag(item: int, tags: tuple[str, ...], email: str | None, tenant: str | None) -> None:
    """Give an item exactly these tags."""
    with stack(), acting(email, "editor", tenant) as actor:
        placing.tag(actor, item, tags)


@library.command("archive")
@click.argument("items", type=int, nargs=-1, required=True)
@click.option("--back", is_flag=True, help="take them back into the lists")
@AS
@TENANT
def archive(items: tuple[int, ...], back: bool, email: str | None, tenant: str | None) -> None:
    """Put items out of the lists; what uses them goes on using them."""
    with stack(), acting(email, "editor", tenant) as actor:
        placing.archive(actor, items, archived=not back)


@library.command("campaign")
@click.argument("items", type=int, nargs=-1, required=True)
@click.option("--account", "accounts", multiple=True, required=True, metavar="KEY", help="repeatable")
@click.option("--at", "schedule", default="now", show_default=True, help="now, best, or a time such as 2026-03-20T19:30")
@click.option("--max-lateness", default="", help="30m, 2h, 1d")
@click.option("--name", default="", help="the campaign's name; without it the first title")
@click.option("--text", default="", help="what accounts say that take no articles")
@click.option("--audience-tag", default="", help="an audience by tag; without it everybody")
@click.option("--group", "groups", multiple=True, metavar="GROUP", help="only these groups, by id or name; repeatable")
@JSON
@AS
@TENANT
def campaign(
    items: tuple[int, ...], accounts: tuple[str, ...], schedule: str, max_lateness: str, name: str, text: str, audience_tag: str,
    groups: tuple[str, ...], as_json: bool, email: str | None, tenant: str | None,
) -> None:  # fmt: skip
    """Plan a campaign of library items, with the versions they have now; a second person approves it."""
    plan = exporting.Plan(name, accounts, schedule, max_lateness, audience_tag, None, text, groups)
    with stack(), acting(email, "editor", tenant) as actor:
        number = prepare_from_library(actor, items, plan)
        report = campaign_report(actor, number)
    say(f"活动 {number} 已建立，等待另一个人审批", f"campaign {number} is planned and waits for a second person's approval")
    show(report, as_json)


def show_imported(made: Imported, rows: list[ItemRow], as_json: bool) -> None:
    """What came in, and what was told on the way."""
    if as_json:
        give_json(
            {"items": made.items, "files": made.files, "known": made.known, "notes": [asdict(found) for found in made.notes]}
        )
        return
    _show_notes(made.notes)
    _show_rows(rows)
    say(
        f"导入 {len(made.items)} 项，新文件 {made.files} 个，已有 {made.known} 项",
        f"{len(made.items)} items, {made.files} new files, {made.known} known already",
    )


def _show_notes(notes: Iterable[Finding]) -> None:
    for found in dict.fromkeys(notes):
        show_finding(asdict(found))


def _show_rows(rows: list[ItemRow]) -> None:
    side = 1 if locale() == "en" else 0
    words = (("类型", "kind"), ("标题", "title"), ("客户", "client"), ("文件夹", "folder"), ("标签", "tags"), ("版本", "version"))
    header = ("id", *(both(*pair) for pair in words), both("改于", "changed"))
    cells = [
        (r.id, KINDS[r.kind][side], r.title, r.client, r.folder, ", ".join(r.tags), r.version, f"{r.updated_at:%Y-%m-%d %H:%M}")
        for r in rows
    ]
    click.echo(table(header, cells, {2: 48, 5: 24}))


def _client(name: str | None) -> int:
    found = next((id for id, known in client_names().items() if known == name), None)
    if found is None:
        raise NotFound(("客户", "client"), name or "")
    return found


def _folder(actor: Actor, client_id: int | None, path: str) -> int:
    wanted = "/".join(part.strip() for part in path.split("/") if part.strip())
    found = next((f.id for f in placing.folders(actor, client_id) if f.path == wanted), None)
    if client_id is None or found is None:
        raise NotFound(("文件夹", "folder"), path)
    return found
