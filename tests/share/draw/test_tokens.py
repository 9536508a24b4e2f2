"""Colours of drawings can be told apart and read (WCAG 2.2), which tools cannot check in SVG."""

from __future__ import annotations

import pytest

from allmende.share.draw import tokens
from allmende.share.draw.tokens import contrast


@pytest.mark.parametrize(("step", "text"), list(zip(tokens.MAP_STEPS, tokens.MAP_TEXT, strict=True)))
def test_text_on_map_steps_is_readable(step: str, text: str) -> None:
    """4.5 : 1 for the names and values on every step."""
    assert contrast(step, text) >= 4.5


@pytest.mark.parametrize("colour", [*tokens.LINE_LABELS, tokens.TARGET, tokens.INK, tokens.INK_2])
def test_labels_are_readable(colour: str) -> None:
    """4.5 : 1 on white for everything that is text."""
    assert contrast(colour, tokens.GROUND) >= 4.5


@pytest.mark.parametrize("colour", [*tokens.LINES, tokens.BAR, tokens.MAP_EDGE])
def test_lines_can_be_seen(colour: str) -> None:
    """3 : 1 on white for lines, bars and the edges of pale areas."""
    assert contrast(colour, tokens.GROUND) >= 3


def test_text_on_unsure_areas_is_readable() -> None:
    """Grey areas have their names in ink."""
    assert contrast(tokens.MAP_UNSURE, tokens.INK) >= 4.5


def test_steps_get_darker() -> None:
    """The scale can be read without colour."""
    steps = [tokens.luminance(step) for step in tokens.MAP_STEPS]
    assert steps == sorted(steps, reverse=True)


def test_contrast_is_that_of_the_guideline() -> None:
    """Black on white is 21, a colour on itself 1."""
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#777777") == 1
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)
