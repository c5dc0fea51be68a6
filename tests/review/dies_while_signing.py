"""A process that says the last word on a campaign and is killed at a named point of it: tenant, campaign, digest, point."""

from __future__ import annotations

import os
import signal
import sys

from flask import Flask

from saas.delivery import release
from saas.kernel import failpoints
from saas.kernel.database import db, tenant_scope
from saas.kernel.settings import settings, sqlalchemy_url
from saas.tenants.service import member_by_email


def main(tenant: str, campaign: str, digest: str, point: str) -> None:
    """Sign as Ben, and die."""
    failpoints.arm(lambda at, _: os.kill(os.getpid(), signal.SIGKILL) if at == point else None)
    app = Flask("dies")
    app.config["SQLALCHEMY_DATABASE_URI"] = sqlalchemy_url(settings().database_url)
    db.init_app(app)
    with app.app_context(), tenant_scope(int(tenant)):
        release.approve(member_by_email("ben@house.test"), int(campaign), digest)


main(*sys.argv[1:])
