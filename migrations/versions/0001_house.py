"""The first house: tenants, accounts, campaigns, reviews, deliveries and the quota ledger, walled by row-level security.

Three roles stand by: the owner (runs this), ``qunfa_app`` (the application: owns nothing, is bound by every policy) and
``qunfa_system`` (no login: owns the few functions that must look across tenants, and may read only what they need).
"""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None

PARTS = ("tenants", "accounts", "campaigns", "deliveries", "quota", "walls", "crossings")


def upgrade() -> None:
    folder = Path(__file__).parent / "0001"
    driver = op.get_bind().connection.driver_connection
    for part in PARTS:
        driver.execute((folder / f"{part}.sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    raise RuntimeError("the first schema has nothing before it; restore a backup instead")
