"""A new campaign from a folder: an uploaded zip, or one of the samples; either the campaign or every fault."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from flask import current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from saas.delivery.planning import prepare_campaign
from saas.kernel.errors import Invalid, NotFound
from saas.kernel.settings import Settings
from saas.reports.sheet import finding_of
from saas.web.console.gate import actor, signed_in
from saas.web.console.language import t
from saas.web.console.pages import console, page
from saas.web.doors import takes_upload
from saas.web.uploads import uploaded_folder

_NAME = re.compile(r"^name:\s*(.+?)\s*(?:#.*)?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Sample:
    """A campaign folder that comes with the demo."""

    folder: str
    name: str


@console.get("/campaigns/new")
@signed_in
def new_campaign() -> ResponseReturnValue:
    """Where a campaign folder is handed in."""
    actor().need("write")
    return page("campaigns/new.html", samples=_samples())


@console.post("/campaigns/new")
@signed_in
@takes_upload
def take_folder() -> ResponseReturnValue:
    """Prepare a campaign from the folder; its faults, all of them, when it has any that block."""
    actor().need("write")
    upload, sample = request.files.get("folder"), request.form.get("sample", "")
    name = sample or (upload.filename if upload else "") or ""
    try:
        campaign_id = _from_sample(sample) if sample else _from_upload(upload)
    except Invalid as fault:
        findings = [finding_of(found) for found in fault.detail.get("findings", [])]
        if not findings:
            return page("campaigns/new.html", fault.status, samples=_samples(), fault=fault)
        return page("campaigns/findings.html", fault.status, findings=findings, name=name, fault=fault)
    flash(t("活动已建立，等待另一个人审批。", "The campaign is ready and waits for a second person's approval."))
    return redirect(url_for("console.campaign", campaign_id=campaign_id), 303)


def _from_sample(folder: str) -> int:
    if folder not in {sample.folder for sample in _samples()}:
        raise NotFound(("示例", "sample"))
    return prepare_campaign(actor(), _samples_home() / folder)


def _from_upload(upload: FileStorage | None) -> int:
    with uploaded_folder(upload if upload and upload.filename else None) as path:
        return prepare_campaign(actor(), path)


def _samples_home() -> Path:
    settings: Settings = current_app.extensions["settings"]
    return settings.home / "samples"


def _samples() -> list[Sample]:
    files = sorted(_samples_home().glob("*/campaign.yaml"))
    return [Sample(file.parent.name, _name_in(file)) for file in files]


def _name_in(file: Path) -> str:
    found = _NAME.search(file.read_text(encoding="utf-8", errors="replace"))
    return found[1] if found else file.parent.name
