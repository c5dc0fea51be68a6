"""Who listens to which account over a WebSocket, when nobody did, and stops that a platform's own signs make."""

from pathlib import Path

from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    driver = op.get_bind().connection.driver_connection
    for part in sorted((Path(__file__).parent / "0019").glob("*.sql")):
        driver.execute(part.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise RuntimeError("ledgers and deliveries are not thrown away; restore a backup instead")
