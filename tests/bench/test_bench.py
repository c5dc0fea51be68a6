"""Every benchmark runs from end to end at a tiny size and says what the report promises. Nothing here is timed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.correctness.judge import Faults
from bench.row import Row, Segment, share
from bench.rows import GROUPS, NAMES, chosen

ROOT = Path(__file__).resolve().parents[2]
OWN_IDS = {"COMPLIANCE": {"precision", "recall", "scan"}}


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_benchmark_gives_its_rows_as_one_json_object(name: str) -> None:
    command = [sys.executable, "-P", "-m", "saas.cli", "bench", name, "--tiny", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode in (0, 1), done.stderr[-2000:]
    rows = json.loads(done.stdout)["rows"]
    assert {row["id"].partition("-")[0] for row in rows} == OWN_IDS.get(name, {name})
    assert len({row["id"] for row in rows}) == len(rows)
    for row in rows:
        assert {"id", "value", "goal", "unit", "baseline", "met"} <= row.keys()
        assert row["value"] > 0 or row["better"] == "less"
        if name in GROUPS["CORRECTNESS"]:
            assert row["parts"].keys() == row["baseline_parts"].keys() == Faults().parts.keys()
            assert (row["value"], row["met"]) == (0, row["baseline_value"] > 0), row
            continue
        assert row["met"] is (row["value"] >= row["goal"] if row["better"] == "more" else row["value"] <= row["goal"])


def test_a_name_that_does_not_exist_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(ValueError, match=f"P99: there are {', '.join(NAMES)}"):
        chosen(["p1", "P99"])


def test_one_word_names_the_four_scenarios() -> None:
    assert chosen(["correctness"]) == ["C1", "C2", "C3", "C4"]


def test_no_name_means_all_of_them_in_order() -> None:
    assert chosen([]) == list(NAMES)
    assert chosen(["p12", "p2"]) == ["P2", "P12"]


def test_a_share_is_the_median_over_neighbouring_segments() -> None:
    bare = [Segment(100, 1.0, 0.5), Segment(100, 2.0, 0.5), Segment(100, 1.0, 0.5)]
    arm = [Segment(80, 1.0, 0.5), Segment(45, 1.0, 0.5), Segment(10, 1.0, 0.5)]
    assert share(arm, bare) == 0.8


def test_a_goal_is_met_on_its_own_side() -> None:
    assert Row("x", "", 0.9, 0.9, "", "").met
    assert not Row("x", "", 5.1, 5.0, "s", "", "less").met


def test_a_check_whose_naive_arm_shows_no_fault_proves_nothing() -> None:
    assert Row("x", "", 0, 0, "faults", "", "less", parts={"lost": 0}, baseline_value=3).met
    assert not Row("x", "", 0, 0, "faults", "", "less", parts={"lost": 0}, baseline_value=0).met
