"""What `[mailbox]` may say."""

from pathlib import Path

import pytest

from tests.gateway.config_files import written
from wasl.config import load
from wasl.config.mistakes import ConfigMistakes


@pytest.mark.parametrize(
    ("said", "place"), [("127.0.0.1:2525", ("127.0.0.1", 2525)), ("[::1]:25", ("::1", 25)), ("mx.acme.example:0", ("mx.acme.example", 0))]
)
def test_a_place_to_listen_is_read(tmp_path: Path, said: str, place: tuple[str, int]) -> None:
    config = load(written(tmp_path, f'[mailbox]\nlisten = "{said}"\ndomains = ["Bücher.example"]\n'), {})

    assert (config.mailbox.place, config.mailbox.domains) == (place, ("xn--bcher-kva.example",))


@pytest.mark.parametrize(
    ("said", "fact"),
    [
        ('listen = "2525"\ndomains = ["a.example"]', "is not an address and a port"),
        ('listen = "127.0.0.1:70000"\ndomains = ["a.example"]', "is not an address and a port"),
        ('listen = "127.0.0.1:2525"', "without domains"),
        ('domains = ["a b"]', "is not a domain"),
        ('certificate = "tls.pem"', "needs both certificate and key"),
        ('size_limit = "1KiB"', "greater than or equal"),
    ],
)
def test_a_mistake_is_told(tmp_path: Path, said: str, fact: str) -> None:
    with pytest.raises(ConfigMistakes, match="mailbox") as mistakes:
        load(written(tmp_path, f"[mailbox]\n{said}\n"), {})

    assert fact in str(mistakes.value)
