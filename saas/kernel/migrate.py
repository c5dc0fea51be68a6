"""Bring a database to the newest schema, as its owner."""

from __future__ import annotations

from alembic import command
from alembic.config import Config

from saas.kernel.schema import MIGRATIONS
from saas.kernel.settings import sqlalchemy_url


def upgrade(owner_url: str) -> None:
    """Run every migration that has not run yet."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("sqlalchemy.url", sqlalchemy_url(owner_url).replace("%", "%%"))
    command.upgrade(config, "head")
