"""Idempotency-Key: the same POST of the API asked twice is answered from what was kept."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator

from flask import Flask, Response, g, request
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from saas.kernel.sealing import Sealer
from saas.tenants import idempotency
from saas.tenants.actor import Actor
from saas.tenants.idempotency import Answer
from saas.web.identity import is_api

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
CHUNK = 65_536


def answer(app: Flask, view: Callable[[], ResponseReturnValue]) -> ResponseReturnValue:
    """Run the view, or answer from memory when the key is known."""
    key = request.headers.get(HEADER)
    if key is None or request.method != "POST" or not is_api():
        return view()
    sealer: Sealer = app.extensions["sealer"]
    actor: Actor = g.actor
    kept = idempotency.claim(actor, key, _fingerprint(app, actor), sealer)
    if kept is not None:
        return Response(kept.body, kept.status, {REPLAYED: "true"}, mimetype="application/json")
    return _first_time(app, actor, key, sealer, view)


def _first_time(app: Flask, actor: Actor, key: str, sealer: Sealer, view: Callable[[], ResponseReturnValue]) -> Response:
    try:
        response = app.make_response(_handled(app, view))
    except BaseException:
        idempotency.let_go(actor, key)
        raise
    if response.status_code >= 500:
        idempotency.let_go(actor, key)
    else:
        idempotency.keep(actor, key, Answer(response.status_code, response.get_data()), sealer)
    return response


def _handled(app: Flask, view: Callable[[], ResponseReturnValue]) -> ResponseReturnValue:
    try:
        return view()
    except Exception as error:
        return app.handle_user_exception(error)


def _fingerprint(app: Flask, actor: Actor) -> str:
    """A keyed hash of who asks for what: a stolen table tells nothing about bodies that held passwords."""
    digest = hmac.new(str(app.secret_key).encode(), digestmod=hashlib.sha256)
    for part in (str(actor.member_id), request.method, request.full_path, request.mimetype):
        digest.update(part.encode() + b"\x1f")
    for chunk in _body():
        digest.update(chunk)
    return digest.hexdigest()


def _body() -> Iterator[bytes]:
    """The body; of a form its parts, because the boundary between them changes with every try."""
    if request.mimetype != "multipart/form-data":
        yield request.get_data(cache=True)
        return
    for name, value in request.form.items(multi=True):
        yield f"{name}={value}\x1f".encode()
    for name, file in request.files.items(multi=True):
        yield f"{name}:{file.filename}\x1f".encode()
        yield from _chunks(file)


def _chunks(file: FileStorage) -> Iterator[bytes]:
    file.stream.seek(0)
    while chunk := file.stream.read(CHUNK):
        yield chunk
    file.stream.seek(0)
