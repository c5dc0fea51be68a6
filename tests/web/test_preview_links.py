"""Preview links: good for one preview and for a time, for whoever has one; nothing else of the agency comes through."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from saas.kernel import clock
from saas.kernel.database import before_tenant, db, tenant_scope, transaction
from saas.reports import preview_links
from saas.web.phone import POLICY
from tests.web.conftest import Agency, bearer, browser_of
from tests.web.test_previews import told as told


def make(app: Flask, agency: Agency, campaign: int, **wish: object) -> tuple[int, str]:
    """A link's number and path."""
    answer = app.test_client().post(
        f"/api/v1/campaigns/{campaign}/preview/links", json=wish, headers=bearer(agency.tokens["editor"])
    )
    assert answer.status_code == 201, answer.text
    return answer.json["link"]["id"], urlsplit(answer.json["url"]).path


def test_a_link_shows_its_preview_without_a_login_and_out_of_sight(
    app: Flask, agency: Agency, told: int, visit: FlaskClient
) -> None:
    _, path = make(app, agency, told)
    answer = visit.get(path)
    assert answer.status_code == 200
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    frames = re.findall(r'<iframe sandbox src="([^"]+)"', answer.text)
    assert len(frames) == 2
    drawn = visit.get(frames[0].replace("&amp;", "&"))
    assert drawn.status_code == 200
    assert drawn.headers["Content-Security-Policy"] == POLICY
    assert "Spring beans" in drawn.text


def test_only_the_hash_of_a_link_is_kept(app: Flask, agency: Agency, told: int) -> None:
    _, path = make(app, agency, told)
    with app.app_context(), tenant_scope(agency.tenant):
        kept = [tuple(row) for row in db.session.execute(db.text("SELECT * FROM preview_links"))]
    assert path.removeprefix("/p/") not in repr(kept)


def test_a_link_for_one_client_shows_no_other_clients_accounts(app: Flask, agency: Agency, told: int, visit: FlaskClient) -> None:
    _, path = make(app, agency, told, client="moon")
    text = visit.get(path).text
    assert "moon" in text
    assert "sun-one" not in text
    assert visit.get(f"{path}/sun-one").status_code == 404
    assert visit.get(path, query_string={"account": "sun-one"}).status_code == 404
    assert visit.get(f"{path}/moon-oa").status_code == 200


def test_a_link_for_a_client_without_an_account_in_the_campaign_is_not_made(app: Flask, agency: Agency) -> None:
    path = f"/api/v1/campaigns/{agency.pieces[0].campaign}/preview/links"
    answer = app.test_client().post(path, json={"client": "sun"}, headers=bearer(agency.tokens["editor"]))
    assert answer.status_code == 404


def test_what_the_link_opens_leads_nowhere_else(app: Flask, agency: Agency, told: int, visit: FlaskClient) -> None:
    _, path = make(app, agency, told)
    targets = set(re.findall(r'(?:href|action)="(/[^"#]*)', visit.get(path).text))
    assert {target for target in targets if not target.startswith((path, "/static/"))} == set()
    assert visit.get(f"/campaigns/{told}").status_code == 303


def test_a_revoked_link_leads_nowhere_at_once(app: Flask, agency: Agency, told: int, visit: FlaskClient) -> None:
    number, path = make(app, agency, told)
    headers = bearer(agency.tokens["editor"])
    assert visit.delete(f"/api/v1/campaigns/{told}/preview/links/{number}", headers=headers).status_code == 204
    assert visit.get(path).status_code == 404
    assert visit.get(f"{path}/moon-oa").status_code == 404
    listed = visit.get(f"/api/v1/campaigns/{told}/preview/links", headers=headers).json
    assert next(link["state"] for link in listed if link["id"] == number) == "revoked"


def test_a_link_ends_with_its_days(
    app: Flask, agency: Agency, told: int, visit: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, path = make(app, agency, told, days=2)
    start = clock.now()
    monkeypatch.setattr(preview_links, "now", lambda: start + timedelta(days=2, seconds=-60))
    assert visit.get(path).status_code == 200
    monkeypatch.setattr(preview_links, "now", lambda: start + timedelta(days=2, seconds=60))
    assert visit.get(path).status_code == 404


@pytest.mark.parametrize("days", [0, -1, 366, 10**9])
def test_a_link_without_an_end_in_sight_is_not_made(app: Flask, agency: Agency, told: int, days: int) -> None:
    path = f"/api/v1/campaigns/{told}/preview/links"
    answer = app.test_client().post(path, json={"days": days}, headers=bearer(agency.tokens["editor"]))
    assert answer.status_code == 422


def test_the_database_itself_keeps_no_link_longer_than_a_year(app: Flask, agency: Agency, told: int) -> None:
    from sqlalchemy.exc import IntegrityError

    make(app, agency, told)
    insert = """INSERT INTO preview_links (campaign_id, hash, digest, member_id, expires_at)
      SELECT campaign_id, repeat('a', 64), digest, member_id, now() + interval '400 days' FROM preview_links LIMIT 1"""
    with app.app_context(), tenant_scope(agency.tenant), pytest.raises(IntegrityError), transaction() as session:
        session.execute(db.text(insert))


def test_a_change_since_the_link_was_made_is_said(app: Flask, agency: Agency, told: int, visit: FlaskClient) -> None:
    _, path = make(app, agency, told)
    assert "有过改动" not in visit.get(path).text
    with app.app_context(), tenant_scope(agency.tenant), transaction() as session:
        session.execute(db.text("UPDATE campaigns SET digest = repeat('d', 64) WHERE id = :id"), {"id": told})
    assert "有过改动" in visit.get(path).text
    with app.app_context(), tenant_scope(agency.tenant), transaction() as session:
        session.execute(db.text("UPDATE campaigns SET digest = repeat('e', 64) WHERE id = :id"), {"id": told})


def test_views_are_counted_once_a_page_and_not_by_its_frames(app: Flask, agency: Agency, told: int, visit: FlaskClient) -> None:
    number, path = make(app, agency, told)
    visit.get(path)
    visit.get(path)
    visit.get(f"{path}/moon-oa")
    listed = visit.get(f"/api/v1/campaigns/{told}/preview/links", headers=bearer(agency.tokens["editor"])).json
    assert next(link["views"] for link in listed if link["id"] == number) == 2


def test_guessing_is_slowed_down(visit: FlaskClient) -> None:
    elsewhere = {"REMOTE_ADDR": "198.51.100.7"}
    statuses = [visit.get(f"/p/{'x' * 40}{n}", environ_overrides=elsewhere).status_code for n in range(24)]
    assert statuses[0] == 404
    assert statuses[-1] == 429


def test_check_18_the_crossing_tells_nothing_but_whose_link_it_is(app: Flask, agency: Agency, told: int) -> None:
    make(app, agency, told)
    with app.app_context(), before_tenant():
        assert db.session.execute(db.text("SELECT count(*) FROM preview_links")).scalar_one() == 0
        row = db.session.execute(db.text("SELECT * FROM whose_preview(repeat('0', 64))")).first()
        db.session.rollback()
    assert row is None


def test_another_agency_can_neither_list_nor_revoke(app: Flask, agency: Agency, neighbour: Agency, told: int) -> None:
    number, path = make(app, agency, told)
    program, headers = app.test_client(), bearer(neighbour.tokens["owner"])
    assert program.get(f"/api/v1/campaigns/{told}/preview/links", headers=headers).status_code == 404
    assert program.delete(f"/api/v1/campaigns/{told}/preview/links/{number}", headers=headers).status_code == 404
    assert program.get(path).status_code == 200


def test_the_page_makes_a_link_and_shows_it_once(app: Flask, agency: Agency, told: int) -> None:
    browser, headers = browser_of(app, agency, "editor")
    form = {"days": "7", "client": "moon", "note": "the brand team"}
    made = browser.post(f"/campaigns/{told}/preview/links", data=form, headers=headers)
    assert made.status_code == 201
    assert len(re.findall(r"/p/[\w-]{40,}", made.text)) == 1
    later = browser.get(f"/campaigns/{told}/preview").text
    assert "the brand team" in later
    assert not re.search(r"/p/[\w-]{40,}", later)


def test_the_page_says_what_is_wrong_with_the_days(app: Flask, agency: Agency, told: int) -> None:
    browser, headers = browser_of(app, agency, "editor")
    answer = browser.post(f"/campaigns/{told}/preview/links", data={"days": "900"}, headers=headers)
    assert answer.status_code == 422
    assert "有效期 1–365 天" in answer.text
