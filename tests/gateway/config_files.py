"""Configuration files for tests, in the current folder."""

from pathlib import Path

import pytest

from wasl.config import load
from wasl.config.mistakes import ConfigMistakes


def written(folder: Path, text: str) -> Path:
    path = folder / "wasl.toml"
    path.write_bytes(text.encode())
    return path


def mistakes(text: str, environ: dict[str, str] | None = None) -> list[str]:
    """What is wrong with a file, line by line."""
    written(Path(), text)
    with pytest.raises(ConfigMistakes) as caught:
        load(None, environ or {})
    assert str(caught.value).splitlines() == [str(mistake) for mistake in caught.value.mistakes]
    return str(caught.value).splitlines()
