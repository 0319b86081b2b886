"""The README's plugin is a plugin: its blocks run, and it keeps the contract."""

import re
from pathlib import Path

_README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
_BLOCKS = re.findall(r"```python\n(.*?)```", _README, re.DOTALL)
_SHOWN: dict[str, type] = {"__name__": __name__}  # type: ignore[dict-item]
for _block in _BLOCKS:
    exec(compile(_block, "README.md", "exec"), _SHOWN)

TestAcme = _SHOWN["TestAcme"]


def test_the_readme_names_every_module() -> None:
    package = Path(__file__).parents[1] / "wasl_contracts"
    modules = {path.name for path in package.glob("*.py")} - {"__init__.py", "model.py"}

    assert not {name for name in modules if f"`{name}`" not in _README}
