from pathlib import Path

import pytest

from tests.gateway.brands.faces import written
from wasl.brands.brand import DEFAULT, Brand
from wasl.brands.brands import Brands
from wasl.brands.colours import contrast, hard_to_read


@pytest.mark.parametrize(
    ("one", "other", "ratio"),  # known from WCAG 2.2 and its Understanding documents
    [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.48), ("#767676", "#ffffff", 4.54), ("#ff0000", "#ffffff", 4.0)],
)
def test_contrast_is_as_wcag_counts_it(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.005)


def acme(tmp_path: Path, text: str) -> tuple[Brand, list[str]]:
    found = Brands.load(written(tmp_path, {"acme": text}))
    return found.find("acme"), [str(one).partition("brand.toml:")[2] for one in found.warnings]


def test_wasls_own_colours_can_be_read_by_day_and_by_night() -> None:
    assert [*hard_to_read(DEFAULT.colours), *hard_to_read(DEFAULT.dark)] == []


@pytest.mark.parametrize("accent", ["#0b6b4c", "#d2001f", "#ffcc00", "#000000", "#ffffff", "#1a56c4"])
def test_a_brand_that_names_its_accent_alone_has_readable_buttons_and_a_night_of_its_colour(tmp_path: Path, accent: str) -> None:
    brand, _ = acme(tmp_path, f'[colours]\naccent = "{accent}"\n')

    assert brand.colours.accent == accent
    assert contrast(brand.colours.on_accent, accent) >= 4.5
    assert list(hard_to_read(brand.dark)) == []
    assert brand.dark.page == DEFAULT.dark.page


def test_what_a_brand_names_stays_as_it_is(tmp_path: Path) -> None:
    brand, _ = acme(tmp_path, '[colours]\naccent = "#d2001f"\non_accent = "#fff8f8"\n[dark]\naccent = "#ff9aa8"\n')

    assert (brand.colours.on_accent, brand.dark.accent) == ("#fff8f8", "#ff9aa8")


def test_text_that_is_hard_to_read_is_told_where_it_stands(tmp_path: Path) -> None:
    _, warnings = acme(tmp_path, '[colours]\nmuted = "#bbbbbb"\n[dark]\ntext = "#444444"\naccent = "#222222"\n')

    assert warnings == [
        "2:1: colours.muted: muted on card has a contrast of 1.9; readers need 4.5 (WCAG 2.2, 1.4.3)",
        "4:1: dark.text: text on card has a contrast of 1.7 in the dark; readers need 4.5 (WCAG 2.2, 1.4.3)",
        "5:1: dark.accent: accent on card has a contrast of 1.0 in the dark; readers need 4.5 (WCAG 2.2, 1.4.3)",
    ]
