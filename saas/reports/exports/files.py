"""The files of a report: one by its kind, or a zip of a whole span with a folder a client."""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Callable
from typing import BinaryIO

from saas.kernel.database import transaction
from saas.kernel.errors import Invalid
from saas.reports.evidence.extract import Wanted, extract
from saas.reports.exports import sheets
from saas.reports.exports.branding import branding
from saas.reports.exports.paper import pdf
from saas.reports.exports.plain import plain
from saas.reports.exports.tables import sends, tables
from saas.reports.exports.targets import deliveries
from saas.reports.periods.report import PeriodReport
from saas.reports.periods.service import agency_report, client_report
from saas.reports.periods.spans import Span
from saas.tenants import audit
from saas.tenants.actor import Actor

KINDS = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv",
    "json": "application/json",
    "zip": "application/zip",
}
PLAIN = str.maketrans(dict.fromkeys('\\/:*?"<>|\r\n\t', "_"))


def refuse_unknown(kind: str) -> None:
    """Invalid for a kind of file that a report cannot be; a zip is of a whole span."""
    if kind not in KINDS or kind == "zip":
        words = (f"报告没有“{kind}”这种格式", f"a report has no format '{kind}'")
        known = [name for name in KINDS if name != "zip"]
        raise Invalid("bad_format", words, (f"可用：{'、'.join(known)}", f"there are: {', '.join(known)}"), "format")


def write(report: PeriodReport, kind: str, client: int | None, language: str, out: BinaryIO) -> None:
    """One file of the report. ``client``: whose logo and colours it bears; None: the agency's."""
    side = 1 if language == "en" else 0
    if kind == "pdf":
        out.write(pdf(report, branding(client), language))
    elif kind == "xlsx":
        more = [deliveries(report.sends, side)] if report.scope == "campaign" else []
        sheets.excel([*tables(report, side), *more], out)
    elif kind == "csv":
        for piece in sheets.csv_bytes(sends(report, side)):
            out.write(piece)
    else:
        out.write(json.dumps(plain(report, language), ensure_ascii=False, indent=1).encode())


def export(actor: Actor, report: PeriodReport, kind: str, client: int | None, language: str, out: BinaryIO) -> None:
    """One file for whoever asks; who took what is history as well."""
    write(report, kind, client, language, out)
    with transaction():
        audit.note(actor, "reports.export", f"{report.scope}:{report.subject}", period=report.period, format=kind)


def name_of(report: PeriodReport, kind: str) -> str:
    """A name for the file that every system takes."""
    return f"{report.subject} {report.period}.{kind}".translate(PLAIN)


def write_all(actor: Actor, span: Span, language: str, out: BinaryIO) -> None:
    """A zip of everything of the span: the agency's report, each client's as it sees it itself, and for a month its evidence."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        if span.kind == "month":  # first: its head stands in the reports
            _put(archive, f"evidence-{span.name}.zip", lambda file: extract(actor, Wanted(month=span.first), file))
        report = agency_report(actor, span)
        _put_all(archive, report, actor.client_id, language, "")
        for line in report.clients:
            own = client_report(actor, line.id, span, as_client=True)
            _put_all(archive, own, line.id, language, f"{line.id} {line.name}".translate(PLAIN) + "/")
        with transaction():
            audit.note(actor, "reports.export", "agency", period=span.name, format="zip")


def _put_all(archive: zipfile.ZipFile, report: PeriodReport, client: int | None, language: str, folder: str) -> None:
    for kind in ("pdf", "xlsx", "csv", "json"):
        _put(archive, folder + name_of(report, kind), lambda file, kind=kind: write(report, kind, client, language, file))  # type: ignore[misc]


def _put(archive: zipfile.ZipFile, name: str, fill: Callable[[BinaryIO], object]) -> None:
    with tempfile.TemporaryFile() as file:
        fill(file)
        file.seek(0)
        with archive.open(name, "w", force_zip64=True) as inside:
            while piece := file.read(1 << 20):
                inside.write(piece)
