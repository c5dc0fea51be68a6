"""What later migrations stand on: which functions a database has, and a new table's wall in one call."""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    driver = op.get_bind().connection.driver_connection
    for part in sorted((Path(__file__).parent / "0002").glob("*.sql")):
        driver.execute(part.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise RuntimeError("ledgers and deliveries are not thrown away; restore a backup instead")
