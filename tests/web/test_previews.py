"""Previews: each account's screens, drawn behind a policy of their own; pictures by addresses that cannot be made up."""

from __future__ import annotations

import json
from dataclasses import replace

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from saas.accounts.models import Account
from saas.campaigns.models import Blob, Campaign
from saas.channels import Article, Message, Picture
from saas.delivery.models import Dispatch
from saas.kernel import clock
from saas.kernel.database import tenant_scope, transaction
from saas.web import phone
from tests.browser.staging import PIXEL, SHA
from tests.web.conftest import Agency, browser_of

EVIL = '</h1><script>alert(1)</script>"><img src=x onerror=alert(2)>'
COVER = Picture(SHA, "image/gif", 900, 383, 43, "cover.gif", "cover")
ARTICLE = Article(
    "Spring beans", f'<p style="color:#111">hello</p><img src="media:{SHA}">', "Chen", "a digest", COVER, original=True
)

BOTH = (ARTICLE, replace(ARTICLE, title=EVIL, html='<p>two</p><a href="https://evil.test/x">there</a>'))


@pytest.fixture(scope="module")
def told(app: Flask, agency: Agency) -> int:
    """A campaign on the first client's account that tells an article."""
    articles = BOTH
    with app.app_context(), tenant_scope(agency.tenant), transaction() as session:
        first = session.get_one(Campaign, agency.pieces[0].campaign)
        campaign = Campaign(
            name="told", kind="articles", draft={}, author_id=first.author_id, digest="e" * 64, due_at=first.due_at,
            max_lateness=first.max_lateness,
        )  # fmt: skip
        session.add_all([campaign, Blob(sha256=SHA, mime="image/gif", data=PIXEL)])
        session.flush()
        message = Message("articles", articles=articles).to_json()
        account = Account(
            client_id=agency.pieces[0].client, key="moon-oa", channel="official_account", kind="subscription", name="Moon"
        )
        session.add(account)
        session.flush()
        for account_id in (account.id, *(piece.account for piece in agency.pieces)):
            session.add(Dispatch(campaign_id=campaign.id, account_id=account_id, message=message))
        return campaign.id


def frame(browser: FlaskClient, campaign: int, key: str = "moon-oa", **look: object) -> object:
    return browser.get(f"/campaigns/{campaign}/preview/{key}", query_string=look)


def test_the_frame_of_a_phone_has_a_policy_of_its_own(app: Flask, agency: Agency, told: int) -> None:
    browser, _ = browser_of(app, agency, "analyst")
    answer = frame(browser, told)
    assert answer.status_code == 200
    policy = {part.strip() for part in answer.headers["Content-Security-Policy"].split(";")}
    wanted = {"sandbox", "default-src 'none'", "style-src 'unsafe-inline'", "img-src 'self'", "frame-ancestors 'self'"}
    assert policy == wanted
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_check_35_what_an_article_says_is_text_in_the_frame_and_on_the_page(app: Flask, agency: Agency, told: int) -> None:
    browser, _ = browser_of(app, agency, "analyst")
    for text in (frame(browser, told, screen="page", article=2).text, browser.get(f"/campaigns/{told}/preview").text):
        assert "<script>alert" not in text
        assert "&lt;script&gt;alert(1)" in text


def test_links_of_an_article_lead_nowhere_and_say_where_they_would(app: Flask, agency: Agency, told: int) -> None:
    browser, _ = browser_of(app, agency, "analyst")
    text = frame(browser, told, screen="page", article=2).text
    assert "href=" not in text
    assert 'title="https://evil.test/x"' in text


def test_by_night_the_ink_is_lifted(app: Flask, agency: Agency, told: int) -> None:
    browser, _ = browser_of(app, agency, "analyst")
    assert "color:#111" in frame(browser, told, screen="page").text
    assert "color:#111" not in frame(browser, told, screen="page", night=1).text


def test_a_client_sees_its_own_accounts_and_no_others(app: Flask, agency: Agency, told: int) -> None:
    browser, _ = browser_of(app, agency, "client_viewer")
    page = browser.get(f"/campaigns/{told}/preview").text
    assert "moon-one" in page
    assert "sun-one" not in page
    assert frame(browser, told).status_code == 200
    assert frame(browser, told, "sun-one").status_code == 404
    assert browser.get(f"/campaigns/{agency.pieces[1].campaign}/preview").status_code == 404
    assert frame(browser, agency.pieces[1].campaign, "sun-one").status_code == 404


def test_a_neighbours_preview_is_not_there(app: Flask, agency: Agency, neighbour: Agency, told: int) -> None:
    browser, _ = browser_of(app, neighbour, "owner")
    assert frame(browser, told).status_code == 404


@pytest.mark.parametrize("look", [{"article": "3"}, {"screen": "page", "article": "9"}])
def test_an_article_that_is_not_there_is_not_found(app: Flask, agency: Agency, told: int, look: dict[str, str]) -> None:
    browser, _ = browser_of(app, agency, "analyst")
    assert frame(browser, told, **look).status_code == 404


@pytest.mark.parametrize(
    "look", [{"article": "-1"}, {"article": "9" * 40}, {"size": "huge"}, {"phone": "brick"}, {"screen": "<"}]
)
def test_a_look_that_is_none_is_the_usual_one(app: Flask, agency: Agency, told: int, look: dict[str, str]) -> None:
    browser, _ = browser_of(app, agency, "analyst")
    assert frame(browser, told, **look).status_code == 200


def ticket(app: Flask, agency: Agency, sha: str = SHA) -> str:
    with app.test_request_context(), tenant_scope(agency.tenant):
        return phone.picture_address(sha)


def test_a_picture_lies_where_its_ticket_says_for_whoever_has_it(
    app: Flask, agency: Agency, told: int, visit: FlaskClient
) -> None:
    answer = visit.get(ticket(app, agency))
    assert (answer.status_code, answer.data) == (200, PIXEL)
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_check_23_a_ticket_cannot_be_made_up_or_changed(
    app: Flask, agency: Agency, neighbour: Agency, visit: FlaskClient
) -> None:
    address = ticket(app, agency)
    other = ticket(app, neighbour)
    assert visit.get(other).status_code == 404, "the neighbour has no such picture"
    assert visit.get(address[:-2] + ("AA" if address[-2:] != "AA" else "BB")).status_code == 404
    assert visit.get(address.replace(str(agency.tenant), str(neighbour.tenant), 1)).status_code == 404
    assert visit.get(f"/preview/pictures/{SHA}").status_code == 404


def test_a_ticket_is_good_for_an_hour_or_two(
    app: Flask, agency: Agency, told: int, visit: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, now = ticket(app, agency), clock.unix()
    monkeypatch.setattr(clock, "unix", lambda: now + phone.LIVES)
    assert visit.get(address).status_code == 200
    monkeypatch.setattr(clock, "unix", lambda: now + 2 * phone.LIVES)
    assert visit.get(address).status_code == 404


def test_a_channel_that_fails_shows_a_plain_conversation(
    app: Flask, agency: Agency, told: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from saas.accounts.channels import registry

    def broken(**_: object) -> list[object]:
        raise RuntimeError

    monkeypatch.setattr(registry().get("personal").hook, "preview", broken)  # type: ignore[union-attr]
    browser, _ = browser_of(app, agency, "analyst")
    assert "Spring beans" in frame(browser, told, "moon-one").text


def test_a_feed_shows_the_part_of_the_cover_that_was_chosen_for_it(app: Flask, agency: Agency, told: int) -> None:
    crops = {"2.35:1": "0.000000_0.100000_1.000000_0.900000", "1:1": "0.250000_0.000000_0.750000_1.000000"}
    article = replace(ARTICLE, crops=crops)
    assert phone.crop(article, "2.35:1") == "0 38.3 900 306.4"
    assert phone.crop(article, "1:1") == "225 0 450 383"
    assert phone.crop(article, "16:9") == phone.crop(replace(article, cover=None), "1:1") == ""
    browser, _ = browser_of(app, agency, "analyst")
    assert "viewBox" not in frame(browser, told, screen="fold").text
    change_message(app, agency, told, (article, BOTH[1]))
    shown = frame(browser, told, screen="fold").text
    change_message(app, agency, told, BOTH)
    assert 'viewBox="0 38.3 900 306.4"' in shown


def change_message(app: Flask, agency: Agency, campaign: int, articles: tuple[Article, ...]) -> None:
    """Say something else on the account, which the application itself may not."""
    message = json.dumps(Message("articles", articles=articles).to_json())
    with psycopg.connect(app.extensions["settings"].owner_url, autocommit=True) as connection:
        connection.execute("SELECT set_config('qunfa.tenant', %s, false)", (str(agency.tenant),))
        connection.execute("UPDATE dispatches SET message = %s WHERE campaign_id = %s", (message, campaign))
