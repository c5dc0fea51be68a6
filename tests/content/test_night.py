"""Articles by night: what could not be read is lifted, what is light goes dark, and nothing else changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from saas.content.night import GROUND, LEGIBLE, at_night, contrast, ink, paper, read

PART = st.floats(0, 1)
COLOURS = st.tuples(PART, PART, PART)


@given(COLOURS)
def test_every_ink_can_be_read_on_the_dark_ground(colour: tuple[float, float, float]) -> None:
    assert contrast(ink(colour), GROUND) >= LEGIBLE


@given(COLOURS)
def test_an_ink_that_can_be_read_stays_as_it_is(colour: tuple[float, float, float]) -> None:
    if contrast(colour, GROUND) >= LEGIBLE:
        assert ink(colour) == colour


@given(COLOURS)
def test_paper_is_never_bright_at_night(colour: tuple[float, float, float]) -> None:
    assert contrast(paper(colour), (1.0, 1.0, 1.0)) > 3


def test_grey_ink_stays_grey() -> None:
    red, green, blue = ink((0x1F / 255, 0x29 / 255, 0x37 / 255))
    assert max(red, green, blue) - min(red, green, blue) < 0.1


def test_only_colours_of_styles_change() -> None:
    html = '<p style="color:#111;margin:0 0 16px;border-radius:3px">#111 and <img src="media:abc"> stay</p>'
    night = at_night(html)
    assert "margin:0 0 16px;border-radius:3px" in night
    assert '#111 and <img src="media:abc"> stay' in night
    assert "color:#111" not in night


@pytest.mark.parametrize("value", ["#fff", "#ffffff", "rgb(255, 255, 255)", "rgba(255,255,255,.5)", "white"])
def test_a_light_background_goes_dark_however_it_is_written(value: str) -> None:
    night = at_night(f'<section style="background-color:{value}">x</section>')
    assert value not in night


@pytest.mark.parametrize("value", ["rgb(1,2)", "rgb(10%,20%,30%)", "rgb(1.2.3,4,5)"])
def test_a_colour_that_cannot_be_read_stays(value: str) -> None:
    assert read(value) is None
    assert value in at_night(f'<p style="color:{value}">x</p>')
