"""The application factory: the only place where rooms, settings and the web are wired together."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from saas.accounts.channels import registry
from saas.kernel.database import db
from saas.kernel.sealing import Sealer
from saas.kernel.settings import Settings, sqlalchemy_url
from saas.kernel.settings import settings as settings_from_environment
from saas.tenants.walls import check_role
from saas.web import (
    api,
    bodies,
    callbacks,
    console,
    errors,
    forgery,
    headers,
    health,
    identity,
    locale,
    login,
    request_log,
    texts,
)
from saas.web.scope import WebApp


def create_app(settings: Settings | None = None) -> Flask:
    """The whole web application. Raises BadSettings, BadChannel or WallDown: then it must not serve."""
    settings = settings or settings_from_environment()
    app = WebApp("saas", static_folder=None, template_folder="web/templates")
    app.config.update(_config(settings))
    app.json.ensure_ascii = app.json.sort_keys = False  # type: ignore[attr-defined]  # of the default provider
    app.extensions["settings"] = settings
    app.extensions["sealer"] = Sealer(settings.encryption_keys)
    app.extensions["channels"] = registry()
    if settings.proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=settings.proxies, x_proto=settings.proxies, x_host=settings.proxies)  # type: ignore[method-assign]
    db.init_app(app)
    _register(app, settings)
    _stand_behind_the_wall(app)
    return app


def _config(settings: Settings) -> dict[str, Any]:
    secure = settings.secure_cookies
    return {
        "SECRET_KEY": settings.secret_key,
        "SQLALCHEMY_DATABASE_URI": sqlalchemy_url(settings.database_url),
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "pool_pre_ping": True,
            "pool_size": 5,
            "max_overflow": 10,
            "pool_timeout": 10,
            "hide_parameters": True,
        },
        "SESSION_COOKIE_NAME": "__Host-qunfa-form" if secure else "qunfa-form",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PREFERRED_URL_SCHEME": "https" if secure else "http",
        "PROVIDE_AUTOMATIC_OPTIONS": False,
        "PROPAGATE_EXCEPTIONS": False,
    }


def _register(app: Flask, settings: Settings) -> None:
    headers.register(app)
    request_log.register(app)
    bodies.register(app)
    identity.register(app)
    forgery.register(app)
    locale.register(app)
    texts.register(app)
    login.register(app, settings.redis_url)
    health.register(app, settings.redis_url)
    api.register(app)
    app.register_blueprint(callbacks.pages)
    console.register(app)
    errors.register(app)


def _stand_behind_the_wall(app: Flask) -> None:
    """Refuse a database role that row-level security does not bind; leave no connection behind for a fork to share."""
    with app.app_context():
        try:
            with db.engine.connect() as connection:
                check_role(connection)
        finally:
            db.engine.dispose()
