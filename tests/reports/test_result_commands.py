"""The commands beside reports: what a client sees, orders of reports, variants, and what befell a send."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import click
from click.testing import CliRunner, Result

from saas.cli.experiments import experiments
from saas.cli.figures import figures
from saas.cli.orders import orders
from saas.cli.reports import reports
from saas.kernel.errors import Forbidden, Invalid, NotFound
from tests.conftest import House
from tests.reports.test_mishaps import sent


def run(group: click.Group, *words: str, by: str = "owner") -> Result:
    return CliRunner().invoke(group, [*words, "--as", f"{by}@house.test"], env={"LC_ALL": "en_US.UTF-8"})


def told(group: click.Group, *words: str) -> Any:
    result = run(group, *words, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_what_a_client_sees_is_chosen_and_listed(house: House) -> None:
    house.account("one", client="Moon")
    assert told(reports, "figures", "Moon", "--hide", "liked", "--hide", "caps")["hidden"] == ["caps", "liked"]
    assert run(reports, "figures", "Moon").stdout.count("hidden") == 2
    refused = run(reports, "figures", "Moon", "--hide", "open")
    assert isinstance(refused.exception, Invalid) and "could be reckoned from 'Opened'" in refused.exception.message[1]
    assert isinstance(run(reports, "figures", "Moon", "--hide", "liked", by="editor").exception, Forbidden)
    seen = told(reports, "client", "Moon", "--period", "2026-08", "--as-client")
    assert seen["not_shown"] == ["caps", "liked"] and "liked" not in seen["measures"]
    assert "Likes" not in run(reports, "client", "Moon", "--period", "2026-08", "--as-client").stdout
    assert told(reports, "figures", "Moon", "--show-all")["hidden"] == []


def test_a_report_is_ordered_listed_and_ended(house: House) -> None:
    made = told(orders, "add", "week", "--to", "analyst@house.test", "--hour", "7", "--link-days", "3")
    assert (made["period"], made["hour"], made["link_days"], made["members"]) == ("week", 7, 3, [house.members["analyst"]])
    assert "every week" in run(orders, "list").stdout and "07:00" in run(orders, "list").stdout
    assert isinstance(run(orders, "add", "week", "--to", "nobody@house.test").exception, NotFound)
    now = datetime.now(UTC)
    house.run(
        "INSERT INTO report_links (order_id, period, hash, made_at, expires_at) VALUES (%s, '2026-08', %s, %s, %s)",
        made["id"], "f" * 64, now, now + timedelta(days=1),
    )  # fmt: skip
    (link,) = told(orders, "links")
    assert link["state"] == "open" and run(orders, "revoke", str(link["id"])).exit_code == 0
    assert "revoked" in run(orders, "links").stdout
    assert run(orders, "end", str(made["id"])).exit_code == 0 and told(orders, "list") == []


def test_variants_are_marked_compared_and_withdrawn(house: House) -> None:
    pair = [str(sent(house, account)[0]) for account in ("one", "two")]
    wish = ("--name", "titles", "--hypothesis", "a question is opened more")
    made = told(experiments, "set-up", "Moon", *pair, *wish)
    assert made["verdict"] == "unknown" and [one["label"] for one in made["variants"]] == ["A", "B"]
    assert "not enough data" in run(experiments, "list").stdout
    refused = run(experiments, "set-up", "Moon", pair[0], *wish)
    assert isinstance(refused.exception, Invalid) and refused.exception.code == "bad_variants"
    assert run(experiments, "withdraw", str(made["id"]), "--reason", "wrong pair").exit_code == 0
    assert told(experiments, "list") == []


def test_what_befell_a_send_is_entered_and_withdrawn(house: House) -> None:
    campaign, _ = sent(house, "one")
    assert run(figures, "incident", str(campaign), "one", "--kind", "folded", "--note", "a screenshot").exit_code == 0
    (only,) = told(reports, "campaign", str(campaign))["incidents"]
    assert (only["kind"], only["source"]) == ("folded", "hand")
    assert run(figures, "withdraw", str(only["entry"])).exit_code == 0
    assert told(reports, "campaign", str(campaign))["incidents"] == []
