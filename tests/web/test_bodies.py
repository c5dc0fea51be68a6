"""The cap on what is sent to us holds at every address, with a stated length and without."""

from __future__ import annotations

import io

import pytest
from flask import Flask

from saas.web.bodies import PLAIN, UPLOAD
from tests.web.conftest import Agency, bearer, browser_of
from tests.web.test_access import TABLE, things
from tests.web.walking import address

UNSAFE = sorted(name for name in TABLE if not name.startswith("GET "))
UPLOADS = {
    "POST /api/v1/campaigns", "POST /api/v1/campaigns/check", "POST /campaigns/new", "POST /api/v1/library/items",
    "POST /api/v1/library/items/<int:item_id>/versions", "PUT /api/v1/library/items/<int:item_id>/draft",
    "POST /library/<int:item_id>/edit/save", "POST /library/<int:item_id>/edit/draft", "POST /library/<int:item_id>/edit/pasted",
    "POST /library/<int:item_id>/edit/themed", "POST /library/<int:item_id>/edit/pictures",
    "POST /api/v1/library/files", "POST /api/v1/library/import", "POST /library/import",
    "POST /campaigns/<int:campaign_id>/revise", "POST /api/v1/campaigns/<int:campaign_id>/revise",
}  # fmt: skip


@pytest.mark.parametrize("name", UNSAFE)
def test_check_38_a_large_body_is_refused_everywhere(app: Flask, agency: Agency, name: str) -> None:
    browser, headers = browser_of(app, agency, "owner")
    method, path = address(name, things(agency))
    length = {"CONTENT_LENGTH": str((UPLOAD if name in UPLOADS else PLAIN) + 1)}
    answer = browser.open(path, method=method, headers=headers, content_type="application/json", environ_overrides=length)
    assert answer.status_code == 413


@pytest.mark.parametrize("name", sorted(name for name in UPLOADS if name.startswith("POST ") and "<" not in name))
def test_a_folder_may_be_larger_than_a_form(app: Flask, agency: Agency, name: str) -> None:
    browser, headers = browser_of(app, agency, "owner")
    part = (
        b'--cut\r\nContent-Disposition: form-data; name="folder"; filename="a.zip"\r\n\r\n'
        + b"\0" * (PLAIN + 1)
        + b"\r\n--cut--\r\n"
    )
    answer = browser.post(address(name, {})[1], headers=headers, data=part, content_type="multipart/form-data; boundary=cut")
    assert answer.status_code == 422


def test_check_38_a_body_of_unknown_length_is_cut_at_the_cap(app: Flask, agency: Agency) -> None:
    stream = io.BytesIO(b'{"name": "' + b"x" * PLAIN + b'"}')
    environment = {"wsgi.input": stream, "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    headers = bearer(agency.tokens["owner"], **{"Transfer-Encoding": "chunked"})
    program = app.test_client()
    answer = program.post("/api/v1/members", headers=headers, content_type="application/json", environ_overrides=environment)
    assert answer.status_code == 413
