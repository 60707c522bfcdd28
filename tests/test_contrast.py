"""Every pair of colours that meets on a page can be distinguished, in both themes.

The limits are WCAG 2.2's: 4.5 to 1 for text (1.4.3), 3 to 1 for what a control or a picture is
known by (1.4.11).
"""

import re
from pathlib import Path

import pytest

TOKENS = Path(__file__).parent.parent / "static" / "css" / "tokens.css"
COLOURS = re.compile(r"--([\w-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)")

Colour = tuple[float, float, float]

SURFACES = ("surface-1", "surface-2", "surface-3", "signal-soft")
INKS = (
    "list-ink",
    "read-ink",
    "write-ink",
    "permissions-ink",
    "tagging-ink",
    "good-ink",
    "bad-ink",
)
FILLS = ("list", "read", "write", "permissions", "tagging", "good", "bad")
# The shares of a fill in a chip, in a chip under the pointer, and in a notice.
TINTS = (0.11, 0.22, 0.07)


def tokens(theme: str) -> dict[str, Colour]:
    column = {"light": 1, "dark": 2}[theme]
    return {
        found[0]: tuple(int(found[column][at : at + 2], 16) / 255 for at in (1, 3, 5))  # type: ignore[misc]
        for found in COLOURS.findall(TOKENS.read_text("utf-8"))
    }


def luminance(colour: Colour) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def mixed(fill: Colour, surface: Colour, share: float) -> Colour:
    red, green, blue = (share * a + (1 - share) * b for a, b in zip(fill, surface, strict=True))
    return red, green, blue


def text_pairs() -> list[tuple[str, str]]:
    plain = [(ink, surface) for ink in ("text", "muted", "signal") for surface in SURFACES]
    code = [(ink, surface) for ink in INKS for surface in SURFACES]
    return [*plain, *code, ("on-signal", "signal"), ("on-bad", "bad")]


def shape_pairs() -> list[tuple[str, str]]:
    shapes = (*FILLS, "signal", "line-strong")
    return [(shape, surface) for shape in shapes for surface in ("surface-1", "surface-2")]


def tinted_pairs() -> list[tuple[str, str]]:
    return [
        *((ink, ink.removesuffix("-ink")) for ink in INKS),
        *(("text", fill) for fill in (*FILLS, "line-strong", "signal", "text")),
        ("signal", "signal"),
    ]


themes = pytest.mark.parametrize("theme", ["light", "dark"])


@themes
@pytest.mark.parametrize(("ink", "surface"), text_pairs())
def test_text_stands_out_from_its_surface(theme: str, ink: str, surface: str) -> None:
    colours = tokens(theme)
    assert contrast(colours[ink], colours[surface]) >= 4.5


@themes
@pytest.mark.parametrize("share", TINTS)
@pytest.mark.parametrize(("ink", "fill"), tinted_pairs())
def test_text_stands_out_from_its_tint(theme: str, ink: str, fill: str, share: float) -> None:
    colours = tokens(theme)
    tint = mixed(colours[fill], colours["surface-1"], share)
    assert contrast(colours[ink], tint) >= 4.5


@themes
@pytest.mark.parametrize(("shape", "surface"), shape_pairs())
def test_a_shape_stands_out_from_its_surface(theme: str, shape: str, surface: str) -> None:
    colours = tokens(theme)
    assert contrast(colours[shape], colours[surface]) >= 3


def test_black_on_white_is_twenty_one_to_one() -> None:
    assert contrast((0, 0, 0), (1, 1, 1)) == pytest.approx(21)
