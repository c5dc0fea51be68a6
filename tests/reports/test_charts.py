"""Charts: gaps for what is not known, readable labels, values for everybody, nothing a strict page refuses."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from saas.reports.charts import Chart, Series, bars, columns, heat, line, stacked
from saas.reports.charts.scale import count, levels, share, shortened, shown_labels, ticks, whole, width

SVG = "{http://www.w3.org/2000/svg}"
SAY = count("zh")
NASTY = '<script>alert("x")</script>&\'"'


def drawn(chart: Chart) -> Element:
    return fromstring(chart.svg)


def every(wide: float, name: str = "月光书店") -> list[Chart]:
    return [
        line(name, ["11-01", "11-02"], [Series(name, [1, None]), Series("b", [2, 3])], SAY, wide=wide),
        columns(name, ["11-01", "11-02"], [Series(name, [4, None]), Series("b", [2, None])], SAY, wide=wide),
        line(name, ["11-01", "11-02"], [Series(name, [310_865, 311_431])], "{:,.0f}".format, wide=wide, level=True),
        bars(name, [name, "b"], [1.0, None], SAY, wide=wide, mean=0.5, mean_name="中位数"),
        stacked(name, [name], [Series(name, [3]), Series("b", [0])], SAY, wide=wide),
        heat(name, [name], ["7时", "8时"], [[0.2, None]], share, wide=wide, why=[["3 次", ""]]),
    ]


def test_a_missing_day_is_a_gap_and_a_lone_day_a_dot() -> None:
    chart = line("打开", ["1", "2", "3", "4", "5", "6"], [Series("a", [1, 2, None, 4, None, 6])], SAY)
    lines = [found.get("points") for found in drawn(chart).iter(f"{SVG}polyline")]
    dots = [found for found in drawn(chart).iter(f"{SVG}circle") if found.get("class") == "c1"]
    assert [len(points.split()) for points in lines if points] == [2]
    assert len(dots) == 2
    assert [row[1] for row in chart.rows] == ["1", "2", "—", "4", "—", "6"]


def test_a_column_stands_for_each_known_day_and_its_part_before_it() -> None:
    chart = columns("送达", ["1", "2", "3"], [Series("送达", [100, None, 0]), Series("打开", [50, None, 0])], SAY)
    found = {name: [box for box in drawn(chart).iter(f"{SVG}rect") if box.get("class") == name] for name in ("c1", "c2")}
    whole, part = (max(found[name], key=lambda box: float(box.get("height") or 0)) for name in ("c1", "c2"))
    assert float(whole.get("height") or 0) == pytest.approx(2 * float(part.get("height") or 0), abs=0.2)
    assert float(whole.get("width") or 0) > float(part.get("width") or 0)
    assert [row[1:] for row in chart.rows] == [["100", "50"], ["—", "—"], ["0", "0"]]


@pytest.mark.parametrize(("least", "most"), [(310_865, 311_431), (7, 7), (0, 3), (99, 1_000_001)])
def test_the_axis_of_a_level_encloses_it_and_moves_on_whole_numbers(least: float, most: float) -> None:
    steps = levels(least, most)
    assert steps[0] <= least and steps[-1] >= most and 2 <= len(steps) <= 7
    assert all(step == int(step) for step in steps) and len({b - a for a, b in pairwise(steps)}) == 1


def test_the_shades_are_explained_on_paper_too() -> None:
    texts = [text.text for text in drawn(every(640)[-1]).iter(f"{SVG}text")]
    assert {"0%", "20%"} <= set(texts)


def test_no_number_of_a_bar_stands_on_the_line_it_is_compared_with() -> None:
    chart = bars("打开率", ["a", "b"], [0.173, 0.155], share, mean=0.156, mean_name="中位数")
    line_at = next(float(found.get("x1") or 0) for found in drawn(chart).iter(f"{SVG}line"))
    for text in drawn(chart).iter(f"{SVG}text"):
        if text.text in ("17.3%", "15.5%"):
            left = float(text.get("x") or 0)
            assert not left < line_at < left + width(text.text, 11), text.text


@pytest.mark.parametrize("wide", [640.0, 343.0])
def test_no_text_leaves_the_drawing(wide: float) -> None:
    for chart in every(wide, "星辰咖啡上海旗舰店官方订阅号（华东大区）"):
        for text in drawn(chart).iter(f"{SVG}text"):
            long, x = width(text.text or "", 11), float(text.get("x") or 0)
            left = {"start": x, "middle": x - long / 2, "end": x - long}[text.get("text-anchor") or "start"]
            assert left >= -6, text.text
            assert left + long <= wide + 8, text.text


def test_every_value_is_told_to_pointer_keyboard_and_reader() -> None:
    for chart in every(640):
        marks = [found for found in drawn(chart).iter(f"{SVG}g") if found.get("class") == "mark"]
        assert marks, chart.title
        for mark in marks:
            title = mark.find(f"{SVG}title")
            assert mark.get("tabindex") == "0"
            assert title is not None and mark.get("data-t") == title.text == mark.get("aria-label")


def test_the_table_behind_a_chart_has_every_value() -> None:
    chart = stacked("去向", ["甲", "乙"], [Series("送达", [12345, 5]), Series("失败", [0, 1])], SAY, exact=whole)
    assert list(chart.header) == ["", "送达", "失败"]
    assert [list(row) for row in chart.rows] == [["甲", "12,345", "0"], ["乙", "5", "1"]]


def test_only_axes_and_labels_round() -> None:
    days, many = ["1", "2"], Series("送达", [42_275, 100_000])
    for chart in (
        line("a", days, [many], SAY, exact=whole),
        columns("a", days, [many], SAY, exact=whole),
        bars("a", days, many.values, SAY, exact=whole),
        stacked("a", days, [many], SAY, exact=whole),
    ):
        assert [row[-1] for row in chart.rows] == ["42,275", "100,000"]
        titles = [title.text or "" for title in drawn(chart).iter(f"{SVG}title")]
        assert any("42,275" in title for title in titles) and not any("万" in title for title in titles)
        assert any("万" in (text.text or "") for text in drawn(chart).iter(f"{SVG}text"))


def test_a_strict_page_takes_every_chart_and_a_name_stays_a_name() -> None:
    for chart in every(640, NASTY):
        root = drawn(chart)
        assert root.get("aria-label") == NASTY
        assert {found.tag for found in root.iter()} <= {
            SVG + n for n in ("svg", "g", "text", "title", "rect", "line", "circle", "polyline")
        }
        assert not re.search(r"\s(style|on\w+|href)=", re.sub(r'"[^"]*"', '""', chart.svg))


def test_numbers_are_written_in_wan_and_yi() -> None:
    assert [SAY(value) for value in (0, 999, 10_000, 12_345, 3_0000_0000)] == ["0", "999", "1万", "1.23万", "3亿"]
    assert [count("en")(value) for value in (999, 12_000, 5e6)] == ["999", "12k", "5M"]
    assert [share(value) for value in (0.1234, 1, 0)] == ["12.3%", "100%", "0%"]


@given(st.floats(0.001, 1e12))
def test_ticks_are_few_round_and_reach_the_largest(most: float) -> None:
    steps = ticks(most)
    assert steps[0] == 0
    assert steps[-1] >= most * 0.999
    assert 2 <= len(steps) <= 7


@given(st.lists(st.text(min_size=1, max_size=12), min_size=1, max_size=90), st.floats(60, 700))
def test_labels_of_an_axis_never_touch_and_the_last_is_there(texts: list[str], room: float) -> None:
    shown = sorted(shown_labels(texts, room, 11))
    assert shown[-1] == len(texts) - 1
    step = room / len(texts)
    for left, right in pairwise(shown):
        assert (right - left) * step >= (width(texts[left], 11) + width(texts[right], 11)) / 2


def test_a_long_name_is_cut_with_an_ellipsis_and_told_whole() -> None:
    name = "非常" * 30
    assert shortened(name, 100, 11).endswith("…")
    assert width(shortened(name, 100, 11), 11) <= 100
    chart = bars("打开率", [name], [0.5], share)
    assert f"{name} · 50%" in chart.svg
    assert chart.rows[0][0] == name


def test_nothing_at_all_is_still_a_drawing() -> None:
    for chart in (line("x", [], [], SAY), bars("x", [], [], SAY), stacked("x", [], [], SAY), heat("x", [], [], [], SAY)):
        assert drawn(chart).get("viewBox")
