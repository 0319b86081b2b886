"""A plugin that is given URLs, in a gateway: where it may go, and what becomes of a message that must not."""

from collections.abc import AsyncIterator
from pathlib import Path
from random import Random

import pytest

from tests.gateway.outbound.sites import INSIDE, Site, ok, site
from wasl.answers import MessageSeen
from wasl.api import Gateway
from wasl.assembly import World
from wasl.clock import SystemClock
from wasl.errors import Refused
from wasl.registry import read

HOOK = '[providers.hook]\nplugin = "webhook"\nsecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"\n'


@pytest.fixture
async def inside() -> AsyncIterator[Site]:
    async with site(ok(), INSIDE) as found:
        yield found


async def sent(folder: Path, url: str, outbound: str, provider: str = HOOK) -> MessageSeen:
    """What becomes of a message to that URL."""
    (folder / "wasl.toml").write_text(f'database = "sqlite:///{folder}/wasl.db"\n{provider}[outbound]\nhttp = true\n{outbound}\n')
    gateway = Gateway(read(folder / "wasl.toml", {}), world=World(SystemClock(), Random(1), {}))
    async with gateway:
        to = {"id": "u_1", "addresses": [{"channel": "webhook", "kind": "url", "value": url}]}
        return await gateway.wait((await gateway.send(to=to, content={"body": "Hello"})).id)


async def test_a_name_that_leads_inside_fails_the_message_without_a_connection(folder: Path, inside: Site) -> None:
    seen = await sent(folder, f"http://localhost:{inside.port}/in", f'allow = ["10.0.0.0/8"]\nports = [{inside.port}]')

    (delivery,) = seen.deliveries
    assert (seen.state, delivery.reason, delivery.attempts[0].code) == ("failed", "invalid_address", "blocked_address")
    assert inside.heads == []


async def test_an_address_inside_is_refused_when_the_message_is_accepted(folder: Path, inside: Site) -> None:
    for url, code in ((f"http://127.1:{inside.port}/in", "blocked_address"), ("https://hooks.acme.example:22/in", "bad_url")):
        with pytest.raises(Refused) as caught:
            await sent(folder, url, f"ports = [{inside.port}]")
        assert [(problem.pointer, problem.code) for problem in caught.value.errors] == [("/to/addresses/0/value", code)]

    assert inside.heads == []


async def test_a_network_that_the_operator_allows_is_reached(folder: Path, inside: Site) -> None:
    seen = await sent(folder, f"http://127.0.0.1:{inside.port}/in", f'allow = ["127.0.0.1"]\nports = [{inside.port}]')

    assert (seen.state, len(inside.heads)) == ("delivered", 1)


async def test_the_base_url_of_the_configuration_is_reached_without_that(folder: Path, inside: Site) -> None:
    seen = await sent(folder, "https://hooks.acme.example/in", "", f'{HOOK}base_url = "http://127.0.0.1:{inside.port}"\n')

    assert (seen.state, len(inside.heads)) == ("delivered", 1)
