"""How well colours can be read on each other (WCAG 2.2), and the colours that follow from those that a brand names."""

from collections.abc import Iterator, Mapping

from wasl.brands.brand import DEFAULT, Colours

LEAST_CONTRAST = 4.5
"""What text needs on its ground (WCAG 2.2, 1.4.3, level AA)."""

PAIRS = (("text", "card"), ("heading", "card"), ("muted", "card"), ("accent", "card"), ("on_accent", "accent"))
"""Text and its ground; links are written in the accent."""
_LIGHT_TEXT, _DARK_TEXT = DEFAULT.colours.on_accent, DEFAULT.dark.on_accent
_STEPS = 20


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio")."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def hard_to_read(colours: Colours) -> Iterator[tuple[str, str, float]]:
    """The texts that lack contrast: the text's colour, its ground, and the contrast."""
    for text, ground in PAIRS:
        if (found := contrast(getattr(colours, text), getattr(colours, ground))) < LEAST_CONTRAST:
            yield text, ground, found


def followed(light: Mapping[str, str], dark: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Both schemes with what follows from the accent where a brand names one: what is written on it, and what stands for it at night.

    The rest of the dark scheme is wasl's; what a brand names stays as it is.
    """
    light, dark = dict(light), dict(dark)
    if "accent" in light:
        light.setdefault("on_accent", _readable(light["accent"]))
        dark.setdefault("accent", _lit(light["accent"], dark.get("card", DEFAULT.dark.card)))
    if "accent" in dark:
        dark.setdefault("on_accent", _readable(dark["accent"]))
    return light, {**DEFAULT.dark.model_dump(), **dark}


def _readable(ground: str) -> str:
    return max(_LIGHT_TEXT, _DARK_TEXT, key=lambda text: contrast(text, ground))


def _lit(colour: str, ground: str) -> str:
    """The colour with as much white in it as it needs on a dark ground."""
    shades = (_with_white(colour, step / _STEPS) for step in range(_STEPS + 1))
    return next((shade for shade in shades if contrast(shade, ground) >= LEAST_CONTRAST), _LIGHT_TEXT)


def _with_white(colour: str, share: float) -> str:
    return "#" + "".join(f"{round(channel + (255 - channel) * share):02x}" for channel in _channels(colour))


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


def _channels(colour: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(colour.removeprefix("#")))
