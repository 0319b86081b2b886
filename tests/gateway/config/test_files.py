"""What `[files]` and `[outbound]` may say, and where a mistake is told."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.gateway.config_files import mistakes, written
from wasl.config import load


def test_files_are_kept_for_thirty_days_and_only_public_https_is_asked_where_nothing_is_told() -> None:
    config = load(None, {})

    assert config.files.keep == timedelta(days=30)
    assert (config.outbound.allow, config.outbound.http, config.outbound.ports) == ((), False, (443, 80, 8443))


def test_an_operators_own_networks_are_read_in_their_usual_form(here: Path) -> None:
    written(here, '[files]\nkeep = "7d"\n[outbound]\nallow = ["10.1.2.3/8", "fd00::/8", "192.168.1.1"]\nhttp = true\nports = [8080]\n')

    config = load(None, {})

    assert config.files.keep == timedelta(days=7)
    assert config.outbound.allow == ("10.0.0.0/8", "fd00::/8", "192.168.1.1/32")
    assert (config.outbound.http, config.outbound.ports) == (True, (8080,))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[files]\nkeep = "soon"\n', "wasl.toml:2:1: files.keep: is not a duration"),
        (
            '[outbound]\nallow = ["acme.internal"]\n',
            "wasl.toml:2:10: outbound.allow.0: is not an address or a network; write it like 10.0.0.0/8",
        ),
        ("[outbound]\nports = [0]\n", "outbound.ports.0: should be greater than or equal to 1"),
        ("[outbound]\nports = []\n", "outbound.ports: "),
        ("[outbound]\nalow = []\n", "did you mean 'allow'?"),
    ],
)
def test_a_mistake_is_told_with_its_place(here: Path, text: str, told: str) -> None:
    assert told in "\n".join(mistakes(text))
