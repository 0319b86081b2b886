from collections.abc import AsyncIterator

import pytest

from tests.gateway.webhooks.endpoint import Application, application


@pytest.fixture
async def app() -> AsyncIterator[Application]:
    async with application() as taking:
        yield taking


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasl.webhooks.dispatching._POLL", 0.01)
    monkeypatch.setattr("wasl.webhooks.dispatching._GATHER", 0.002)
    monkeypatch.setattr("wasl.webhooks.dispatching._AWAY", 0.01)
