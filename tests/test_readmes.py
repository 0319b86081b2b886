"""The README files' blocks do what they say."""

import asyncio
import os
import re
from pathlib import Path

import pytest

from tests.e2e.sinks import MailSink, listening
from tests.forking import Forking
from wasl.registry import read

ROOT = Path(__file__).parents[1]
READMES = [ROOT / "README.md", *ROOT.glob("gateway/**/README.md")]
BLOCKS = [
    pytest.param(block, id=f"{path.parent.name}-{number}")
    for path in READMES
    for number, block in enumerate(re.findall(r"^```python\n(.*?)^```", path.read_text(), re.M | re.S), 1)
]


@pytest.mark.parametrize("block", BLOCKS)
async def test_a_block_runs_as_it_stands(block: str, tmp_path: Path, forking: Forking) -> None:
    async with listening(MailSink()) as sink:
        (tmp_path / "wasl.toml").write_text(
            f'[providers.mail]\nplugin = "smtp"\nhost = "127.0.0.1"\nport = {sink.port}\nsecurity = "none"\nsender = "hello@acme.example"\n'
        )
        script = tmp_path / "block.py"
        script.write_text(block, encoding="utf-8")
        ran = await asyncio.to_thread(forking.run, [], tmp_path, os.environ, tmp_path, script=script)

    assert ran.returncode == 0, ran.stderr
    assert "Traceback" not in ran.stderr, ran.stdout


def test_the_configuration_in_the_gateways_readme_is_right(tmp_path: Path) -> None:
    (block,) = re.findall(r"^```toml\n(.*?)^```", (ROOT / "gateway" / "README.md").read_text(), re.M | re.S)
    (tmp_path / "twilio").write_text("0123456789abcdef0123456789abcdef\n")
    (tmp_path / "wasl.toml").write_text(block.replace("/run/secrets/twilio", str(tmp_path / "twilio")))

    specs = read(tmp_path / "wasl.toml", {"TWILIO_SID": "AC0123456789abcdef0123456789abcdef"})

    assert dict(specs.config.channels) == {"email": ("mail",), "sms": ("sms-main",)}
    assert specs.config.warnings == ()


@pytest.mark.parametrize("folder", [path.parent for path in sorted(ROOT.glob("plugins/*/pyproject.toml"))], ids=lambda folder: folder.name)
def test_a_plugins_readme_tells_of_every_setting(folder: Path) -> None:
    from wasl.registry import installed, load_plugin

    spec = load_plugin(installed({})[folder.name]).spec
    assert spec is not None

    text = (folder / "README.md").read_text()

    assert [name for name in spec.settings.model_fields if f"`{name}`" not in text and name not in text] == []
    assert [kind.kind for kind in spec.addresses if kind.kind not in text] == []
