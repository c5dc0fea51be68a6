"""A review stage can be held in a platform's own approval: where, by whom, and what became of each application."""

from pathlib import Path

from alembic import op

revision = "0018"
down_revision = "0016"


def upgrade() -> None:
    driver = op.get_bind().connection.driver_connection
    for part in sorted((Path(__file__).parent / "0018").glob("*.sql")):
        driver.execute(part.read_text(encoding="utf-8"))


def downgrade() -> None:
    raise RuntimeError("ledgers and deliveries are not thrown away; restore a backup instead")
