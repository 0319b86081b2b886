"""The folders that the configuration names, or that stand beside it."""

from collections.abc import Mapping
from pathlib import Path

from wasl.config.mistakes import Findings

BESIDE = ("templates", "brands")
"""Those that are used where they stand beside the file. What runs code, such as `plugins`, must be named."""


def found(told: Mapping[str, Path | None], around: Path, findings: Findings) -> dict[str, Path]:
    """The folders by the names of their settings, from `around`; one that is not there is a mistake."""
    folders: dict[str, Path] = {}
    for name, path in told.items():
        if path is not None or (name in BESIDE and (around / name).exists()):
            folders[name] = around / (path or name)
            if not folders[name].is_dir():
                findings.add((name,), "there is no such folder; create it, or correct the path")
    return folders
