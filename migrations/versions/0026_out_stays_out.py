"""What is out, or over, is never due again: the database holds it, whatever the application says."""

from pathlib import Path

from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    driver = op.get_bind().connection.driver_connection
    for part in sorted((Path(__file__).parent / "0026").glob("*.sql")):
        driver.execute(part.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise RuntimeError("ledgers and deliveries are not thrown away; restore a backup instead")
