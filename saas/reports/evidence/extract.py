"""Making an extract, keeping its head, and saying whether a head is ours."""

from __future__ import annotations

import hashlib
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from io import SEEK_END, BytesIO
from pathlib import Path
from shutil import copyfileobj
from typing import BinaryIO

from sqlalchemy import select, text

from saas.campaigns.models import Campaign
from saas.kernel.database import db, transaction
from saas.kernel.errors import Conflict, NotFound
from saas.reports.evidence import verify
from saas.reports.evidence.facts import Record, facts
from saas.reports.evidence.readme import README
from saas.reports.months import span_of
from saas.tenants import audit
from saas.tenants.actor import Actor
from saas.tenants.models import Client, Tenant

PIECE = 1 << 20
LARGEST = (1 << 32) - PIECE
CAMPAIGNS = """
  SELECT DISTINCT c.id FROM campaigns c JOIN dispatches d ON d.campaign_id = c.id JOIN accounts a ON a.id = d.account_id
  WHERE (CAST(:campaign AS bigint) IS NULL OR c.id = :campaign)
    AND (CAST(:since AS timestamptz) IS NULL OR (c.due_at >= :since AND c.due_at < :until))
    AND (CAST(:client AS bigint) IS NULL OR a.client_id = :client) ORDER BY c.id"""
ANCHOR = """
  INSERT INTO evidence_heads (campaign_id, month, client_id, head, records, member_id)
  VALUES (:campaign, :month, :client, :head, :records, :member) ON CONFLICT DO NOTHING"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an extract is of: one campaign, or all of a month (its first day). ``client``: only that client's part."""

    campaign: int | None = None
    month: date | None = None
    client: int | None = None


@dataclass(frozen=True, slots=True)
class Extract:
    """A finished extract: its head hash, how many records it has, and a name for its file."""

    head: str
    records: int
    name: str


@dataclass(frozen=True, slots=True)
class Anchor:
    """A head that was handed out."""

    head: str
    campaign: int | None
    month: date | None
    client: str
    records: int
    by: str
    at: datetime


def extract(actor: Actor, wanted: Wanted, out: BinaryIO) -> Extract:
    """Write the extract to ``out`` and keep its head. A client's user gets the part of its own brand. NotFound."""
    actor.need("see")
    asked = Wanted(wanted.campaign, wanted.month, actor.client_id or wanted.client)
    with tempfile.TemporaryFile() as chain:
        with _snapshot():
            made = _write_chain(asked, chain)
        _write_archive(chain, out)
    _keep(actor, asked, made)
    return made


def _keep(actor: Actor, asked: Wanted, made: Extract) -> None:
    values = {"campaign": asked.campaign, "month": asked.month, "client": asked.client}
    with transaction() as session:
        session.execute(text(ANCHOR), {**values, "head": made.head, "records": made.records, "member": actor.member_id})
        audit.note(actor, "evidence.extract", made.name, head=made.head, records=made.records)


def anchors(actor: Actor, campaign: int, most: int = 20) -> list[Anchor]:
    """The heads that were handed out of a campaign, newest first; of its own part for a client's user."""
    return _anchors(actor, "h.campaign_id = :value", campaign, most)


def heads(campaign: int | None, month: date | None, client: int | None) -> list[str]:
    """The heads of exactly this campaign or month, of this client's part or (None) of the whole; newest first."""
    query = text("""
      SELECT head FROM evidence_heads WHERE campaign_id IS NOT DISTINCT FROM :campaign AND month IS NOT DISTINCT FROM :month
        AND client_id IS NOT DISTINCT FROM :client ORDER BY id DESC LIMIT 3""")
    return list(db.session.scalars(query, {"campaign": campaign, "month": month, "client": client}))


def whose_head(actor: Actor, head: str) -> list[Anchor]:
    """What a head stands for. NotFound when it was never handed out."""
    found = _anchors(actor, "h.head = :value", head.strip().lower(), 20)
    if not found:
        raise NotFound(("证据头哈希", "head of evidence"), head[:16])
    return found


def _anchors(actor: Actor, where: str, value: object, most: int) -> list[Anchor]:
    actor.need("see")
    query = f"""
      SELECT h.head, h.campaign_id, h.month, coalesce(c.name, '') client, h.records, m.name AS by, h.at FROM evidence_heads h
      JOIN members m ON m.tenant_id = h.tenant_id AND m.id = h.member_id
      LEFT JOIN clients c ON c.tenant_id = h.tenant_id AND c.id = h.client_id
      WHERE {where} AND (CAST(:client AS bigint) IS NULL OR h.client_id = :client) ORDER BY h.id DESC LIMIT :most"""  # noqa: S608
    rows = db.session.execute(text(query), {"value": value, "client": actor.client_id, "most": most})
    return [Anchor(*row) for row in rows]


@contextmanager
def _snapshot() -> Iterator[None]:
    """Everything is read as it was at one moment, however long that takes; nothing is written."""
    db.session.rollback()
    db.session.connection(execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True})
    try:
        yield
    finally:
        db.session.rollback()


def _write_chain(wanted: Wanted, chain: BinaryIO) -> Extract:
    head, number = verify.FIRST, 0
    for number, record in enumerate(_records(wanted), 1):
        head, line = verify.line(number, head, record)
        chain.write(line)
    head, line = verify.line(number + 1, head, {"kind": "end", "records": number + 1})
    chain.write(line)
    subject = f"campaign-{wanted.campaign}" if wanted.campaign else f"{wanted.month:%Y-%m}"
    return Extract(head, number + 1, f"evidence-{subject}.zip")


def _records(wanted: Wanted) -> Iterator[Record]:
    tenant = db.session.scalars(select(Tenant)).one()
    client = db.session.get(Client, wanted.client) if wanted.client else None
    since, until = span_of(wanted.month, tenant.zone) if wanted.month else (None, None)
    found = db.session.scalars(
        text(CAMPAIGNS), {"campaign": wanted.campaign, "since": since, "until": until, "client": wanted.client}
    ).all()
    if wanted.campaign and not found:
        raise NotFound(("活动", "campaign"), wanted.campaign)
    beside = {verify.README: README.encode(), verify.PROGRAM: program()}
    yield {
        "kind": "extract", "format": verify.FORMAT, "version": verify.VERSION, "agency": tenant.name,
        "client": client.name if client else "", "subject": _subject(wanted),
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in beside.items()},
    }  # fmt: skip
    for campaign in found:
        yield from facts(campaign, wanted.client)


def _subject(wanted: Wanted) -> str:
    if wanted.month:
        return f"{wanted.month:%Y-%m}"
    return f"#{wanted.campaign} {db.session.scalar(select(Campaign.name).where(Campaign.id == wanted.campaign))}"


def program() -> bytes:
    """The program that checks an extract."""
    return Path(verify.__file__).read_bytes()


def _write_archive(chain: BinaryIO, out: BinaryIO) -> None:
    """Every file stored as it is, in a frame that the program knows to the byte."""
    if chain.tell() > LARGEST:
        raise Conflict(
            "evidence_large", ("证据超过 4 GB，请按活动或按客户分开导出", "over 4 GB; extract by campaign or by client")
        )
    entries, at = [], 0
    files = {verify.README: BytesIO(README.encode()), verify.PROGRAM: BytesIO(program()), verify.CHAIN: chain}
    for name, content in files.items():
        size, crc = content.seek(0, SEEK_END), _crc(content)
        header = verify.local_header(name, crc, size)
        out.write(header)
        content.seek(0)
        copyfileobj(content, out, PIECE)
        entries.append((name, crc, size, at))
        at += len(header) + size
    out.write(verify.directory(entries))


def _crc(content: BinaryIO) -> int:
    content.seek(0)
    crc = 0
    while piece := content.read(PIECE):
        crc = zlib.crc32(piece, crc)
    return crc


def client_of(actor: Actor, name: str) -> int | None:
    """The client of that name; None for no name. NotFound, also for another brand than a client's user's own."""
    if not name:
        return actor.client_id
    found = db.session.scalar(select(Client.id).where(Client.name == name))
    if found is None or (actor.client_id and found != actor.client_id):
        raise NotFound(("客户", "client"), name)
    return found
