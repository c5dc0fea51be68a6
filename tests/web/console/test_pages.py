"""The pages on the whole application: what each person is shown, and what is never shown."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.conftest import DIGEST, PASSWORD, Agency, browser_of


def token_of(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found[1]


def sign_in(visit: FlaskClient, email: str, password: str, wanted: str = "/campaigns", **headers: str) -> tuple[int, str, str]:
    token = token_of(visit.get("/sign-in").text)
    form = {"csrf_token": token, "email": email, "password": password, "next": wanted}
    answer = visit.post("/sign-in", data=form, headers=headers)
    return answer.status_code, answer.headers.get("Location", ""), answer.text


def test_a_wrong_password_is_said_on_the_page_and_the_address_stays(visit: FlaskClient, agency: Agency) -> None:
    status, _, page = sign_in(visit, agency.emails["owner"], "not the password at all")
    assert status == 401
    assert "邮箱或密码不对" in page
    assert agency.emails["owner"] in page


def test_signing_in_leads_to_where_one_wanted_to_go(visit: FlaskClient, agency: Agency) -> None:
    assert visit.get("/accounts").headers["Location"] == "/sign-in?next=/accounts"
    assert sign_in(visit, agency.emails["owner"], PASSWORD, "/accounts")[:2] == (303, "/accounts")
    assert visit.get("/accounts").status_code == 200


def test_signing_in_never_leads_to_another_host(visit: FlaskClient, agency: Agency) -> None:
    assert sign_in(visit, agency.emails["owner"], PASSWORD, "//evil.test/")[1] == "/"


def test_an_empty_form_names_the_field_and_asks_nobody(visit: FlaskClient) -> None:
    status, _, page = sign_in(visit, "", "")
    assert status == 422
    assert 'id="email-error"' in page


def test_a_fragment_asked_for_after_the_session_ended_leads_to_the_sign_in_page(visit: FlaskClient) -> None:
    answer = visit.get("/campaigns/1/live", headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"] == "/sign-in"


def test_the_theme_is_in_the_page_before_it_is_drawn(visit: FlaskClient) -> None:
    token = token_of(visit.get("/sign-in").text)
    visit.post("/look", data={"csrf_token": token, "theme": "dark", "next": "/sign-in"})
    assert '<html lang="zh-CN" data-theme="dark">' in visit.get("/sign-in").text


def test_an_unknown_theme_changes_nothing(visit: FlaskClient) -> None:
    token = token_of(visit.get("/sign-in").text)
    visit.post("/look", data={"csrf_token": token, "theme": '"><script>', "next": "/sign-in"})
    assert 'data-theme="auto"' in visit.get("/sign-in").text


def test_the_language_can_be_chosen_before_signing_in(visit: FlaskClient) -> None:
    token = token_of(visit.get("/sign-in").text)
    visit.post("/look", data={"csrf_token": token, "language": "en", "next": "/sign-in"})
    page = visit.get("/sign-in").text
    assert '<html lang="en"' in page
    assert "Sign in" in page


def test_the_author_is_told_why_they_cannot_approve(app: Flask, agency: Agency) -> None:
    browser, _ = browser_of(app, agency, "editor")
    page = browser.get(f"/campaigns/{agency.pieces[0].campaign}").text
    assert "不能审批" in page
    assert 'name="digest"' not in page


def test_a_reviewer_signs_the_digest_that_was_on_the_page(app: Flask, agency: Agency) -> None:
    browser, headers = browser_of(app, agency, "reviewer")
    path = f"/campaigns/{agency.pieces[0].campaign}"
    assert f'name="digest" value="{DIGEST}"' in browser.get(path).text
    answer = browser.post(f"{path}/approve", data={"digest": "1" * 64}, headers=headers)
    assert answer.status_code == 409
    assert "内容在您查看之后已改变" in answer.text


@pytest.mark.parametrize("role", ["client_viewer", "client_approver"])
def test_a_client_sees_the_figures_and_nothing_of_the_work_behind_them(app: Flask, agency: Agency, role: str) -> None:
    browser, _ = browser_of(app, agency, role)
    page = browser.get(f"/campaigns/{agency.pieces[0].campaign}").text
    assert "计划人次" in page
    for hidden in ("机器检查", "两人复核", "渠道账号", "人工代发", "结果未知", "新建群发"):
        assert hidden not in page


def test_a_folder_with_faults_lists_every_one_of_them(app: Flask, agency: Agency) -> None:
    browser, headers = browser_of(app, agency, "editor")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("campaign.yaml", "name: x\nkind: text\ncolour: red\nschedule: 2026-02-30T25:00:00\n")
    packed.seek(0)
    answer = browser.post("/campaigns/new", data={"folder": (packed, "x.zip")}, headers=headers)
    assert answer.status_code == 422
    assert "什么都没有保存" in answer.text
    assert "colour" in answer.text
    assert "schedule" in answer.text
    assert "第 3 行" in answer.text


def test_a_file_that_is_no_zip_is_refused_on_the_same_page(app: Flask, agency: Agency) -> None:
    browser, headers = browser_of(app, agency, "editor")
    answer = browser.post("/campaigns/new", data={"folder": (io.BytesIO(b"hello"), "x.zip")}, headers=headers)
    assert answer.status_code == 422
    assert "上传的不是 zip 文件" in answer.text


def test_a_missing_page_keeps_the_frame_and_says_so(app: Flask, agency: Agency) -> None:
    browser, _ = browser_of(app, agency, "owner")
    answer = browser.get("/campaigns/999999", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert "没有这个活动" in answer.text
    assert 'aria-label="主导航"' in answer.text
    assert "Traceback" not in answer.text


def test_two_new_passwords_that_differ_are_said_at_the_field(app: Flask, agency: Agency) -> None:
    browser, headers = browser_of(app, agency, "analyst")
    form = {"current": PASSWORD, "new": "four green boats waiting", "again": "four green boats wading"}
    answer = browser.post("/settings/password", data=form, headers=headers)
    assert answer.status_code == 422
    assert 'id="again-error"' in answer.text
