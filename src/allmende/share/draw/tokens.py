"""Colours and letters of drawings; the same as the portal's style sheet.

Text is never drawn in a colour with less than 4.5 : 1 against its ground (WCAG 2.2, 1.4.3), lines and
areas with less than 3 : 1 have a border or a label (1.4.11). A test computes all of it.
"""

from __future__ import annotations

INK = "#14211F"
INK_2 = "#3D4B48"
LINE = "#D5DCDA"
GROUND = "#FFFFFF"
LINES = ("#0B5D4E", "#7C8A87", "#155A91", "#A8321F", "#7A5200", "#6B4C9A")
LINE_LABELS = ("#0B5D4E", "#3D4B48", "#155A91", "#A8321F", "#7A5200", "#6B4C9A")
TARGET = "#A8321F"
BAR = "#2C73AA"
UNSURE = "#9AA5A2"  # values that are not to be trusted
MAP_STEPS = ("#E3EEF6", "#B9D6EA", "#7FB2D6", "#2C73AA", "#114B7A")
MAP_TEXT = (INK, INK, INK, "#FFFFFF", "#FFFFFF")
MAP_NONE = "#FFFFFF"  # hatched
MAP_UNSURE = "#E4E7E6"
MAP_BORDER = "#FFFFFF"
MAP_EDGE = "#7C8A87"
# Drawings are measured with the system's own letters, which are wider, and shown with the portal's.
MEASURED_FONT = "sans-serif"
FONT = "'Source Sans 3 Variable', 'Source Sans 3', 'Liberation Sans', Arial, sans-serif"


def luminance(colour: str) -> float:
    """Relative luminance of `#RRGGBB`, from 0 to 1 (WCAG 2.2)."""
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast of two colours, from 1 to 21 (WCAG 2.2)."""
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)
