"""Folders of brands for tests."""

from collections.abc import Mapping
from pathlib import Path

ACME = 'title = { en = "Acme", ar = "أكمي" }\n'


def written(folder: Path, brands: Mapping[str, str], layouts: Mapping[str, str] | None = None) -> Path:
    """A folder of brands; `layouts` are `brand/name.html`."""
    for name, text in brands.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "brand.toml").write_text(text, encoding="utf-8")
    for path, text in (layouts or {}).items():
        brand, _, name = path.partition("/")
        (folder / brand / "layouts").mkdir(parents=True, exist_ok=True)
        (folder / brand / "layouts" / name).write_text(text, encoding="utf-8")
    return folder
