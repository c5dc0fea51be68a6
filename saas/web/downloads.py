"""Files that are made for whoever asks, and handed out as downloads."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from typing import BinaryIO
from urllib.parse import quote

from flask import Response

from saas.reports.evidence.extract import Wanted, extract
from saas.reports.exports import files
from saas.reports.periods.report import PeriodReport
from saas.reports.periods.spans import Span
from saas.tenants.actor import Actor

PIECE = 1 << 16


def evidence(actor: Actor, wanted: Wanted) -> Response:
    """An extract; it is made whole before the first byte leaves, and its head stands in ``X-Evidence-Head``."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 — closed when the answer is out
    try:
        made = extract(actor, wanted, file)
    except BaseException:
        file.close()
        raise
    response = handed_out(file, made.name, "application/zip")
    response.headers["X-Evidence-Head"] = made.head
    return response


def report(actor: Actor, made: PeriodReport, kind: str, client: int | None, language: str) -> Response:
    """A report as a file; ``client``: whose logo and colours it bears. Invalid for a kind there is not."""
    files.refuse_unknown(kind)
    return _filled(files.name_of(made, kind), kind, lambda file: files.export(actor, made, kind, client, language, file))


def whole_span(actor: Actor, span: Span, language: str) -> Response:
    """A zip of everything of a span."""
    return _filled(f"reports {span.name}.zip", "zip", lambda file: files.write_all(actor, span, language, file))


def _filled(name: str, kind: str, fill: Callable[[BinaryIO], object]) -> Response:
    file = tempfile.TemporaryFile()  # noqa: SIM115 — closed when the answer is out
    try:
        fill(file)
    except BaseException:
        file.close()
        raise
    return handed_out(file, name, files.KINDS[kind])


def handed_out(file: BinaryIO, name: str, mimetype: str) -> Response:
    """The file as a download, read piece by piece; it is closed when the answer is out."""
    size = file.seek(0, 2)
    response = Response(_pieces(file), mimetype=mimetype)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    response.content_length = size
    response.call_on_close(file.close)
    return response


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while piece := file.read(PIECE):
            yield piece
