"""What is published on an account's page is counted as pages."""

from pathlib import Path

from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    driver = op.get_bind().connection.driver_connection
    for part in sorted((Path(__file__).parent / "0021").glob("*.sql")):
        driver.execute(part.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise RuntimeError("ledgers and deliveries are not thrown away; restore a backup instead")
