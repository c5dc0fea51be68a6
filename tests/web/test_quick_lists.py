"""Hot lists leave by a shorter way, and say exactly what the documented schemas would have said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest
from marshmallow import Schema, fields

from saas.reports.deliveries import DeliveryView
from saas.reports.listing import CampaignRow
from saas.web.api.quick import writer
from saas.web.api.report import AccountReportItem, CampaignItem, DeliveryItem, FigureItem

NOON = datetime(2026, 3, 20, 12, 0, 0, 123456, tzinfo=timezone(timedelta(hours=8)))
TOTALS = {"intended": 5}
CAMPAIGN = CampaignRow(
    7, "会员日", "articles", "done", "小林", NOON, datetime(2026, 3, 20, tzinfo=UTC), 2, TOTALS, {"person": TOTALS}
)
SENT = DeliveryView(1, "a", "all", "sent", 5, 5, 4, 1, 0, 0, 0, 1, NOON, {"msg_id": "9"}, "", "")
DUE = DeliveryView(2, "a", "o1", "due", 1, 0, 0, 0, 0, 0, 0, 0, None, None, "exhausted", "每日上限")


@pytest.mark.parametrize(("schema", "row"), [(CampaignItem, CAMPAIGN), (DeliveryItem, SENT), (DeliveryItem, DUE)])
def test_a_row_leaves_as_its_schema_says(schema: type[Schema], row: Any) -> None:
    assert writer(schema)(row) == schema().dump(row)


def test_nested_rows_lists_and_tables_leave_as_the_schema_says() -> None:
    figure = SimpleNamespace(value=3.5, source="statistics", as_of="2026-03-20")
    made = {name: 1 for name, field in AccountReportItem().dump_fields.items() if type(field) is fields.Integer}
    words = {name: "x" for name, field in AccountReportItem().dump_fields.items() if type(field) is fields.String}
    row = SimpleNamespace(
        **{
            **made,
            **words,
            "next_possible_at": None,
            "receipts": [{"a": 1}],
            "figures": {"open": figure},
            "rates": {},
            "unknown": 2,
        }
    )
    assert writer(AccountReportItem)(row) == AccountReportItem().dump(row)
    assert writer(AccountReportItem)(row)["figures"] == {"open": FigureItem().dump(figure)}
