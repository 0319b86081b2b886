"""How providers do, as `wasl doctor` and `wasl providers` tell it: in this process, on the database that the configuration names."""

import asyncio
import json
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from wasl.assembly import Part, World, assemble
from wasl.checkup import examine
from wasl.cli import main
from wasl.clock import SystemClock
from wasl.ledger.providers import Change
from wasl.registry import read
from wasl.standing import Standing
from wasl_contracts import Reason

SINCE = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = SINCE + timedelta(days=36_500)


@pytest.fixture
def configured(folder: Path, database: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration with one provider."""
    (folder / "wasl.toml").write_text(f'database = "{database}"\n[providers.mail]\nplugin = "log"\nrate = "10/s"\n', encoding="utf-8")
    monkeypatch.chdir(folder)
    return folder / "wasl.toml"


async def found(config: Path, change: Change, standing: Standing) -> None:
    """What a worker would have found."""
    async with AsyncExitStack() as stack:
        parts = await assemble(read(config, {}), World(SystemClock(), Random(1), {}), stack, Part(worker=False))
        await parts.providers.add(["mail"])
        await parts.providers.record([(change, standing)])


@pytest.mark.parametrize(
    ("change", "standing", "ok", "said"),
    [
        (
            "open",
            Standing("mail", "open", Reason.PROVIDER_FAILING, "503", SINCE, LATER),
            False,
            "open (503) since 2026-03-01 12:00:00 UTC: Most calls of the provider fail, so it is asked only now and then. "
            "Wait; see its status page.",
        ),
        (
            "pause",
            Standing("mail", "paused", Reason.PROVIDER_MISCONFIGURED, "401", SINCE, LATER),
            False,
            "paused (401) since 2026-03-01 12:00:00 UTC: The provider refused our account or settings. "
            "Check its credentials and sender in wasl.toml. Then: wasl providers resume mail",
        ),
        (
            "slow",
            Standing("mail", "closed", Reason.RATE_LIMITED, "429", SINCE, LATER),
            True,
            "closed (429) since 2026-03-01 12:00:00 UTC: The provider asked us to slow down. "
            "It is tried again at the time that the provider named.",
        ),
    ],
)
async def test_the_doctor_names_a_provider_that_is_not_called_as_usual_with_reason_and_fix(
    configured: Path, change: Change, standing: Standing, ok: bool, said: str
) -> None:
    await found(configured, change, standing)

    told = [finding for finding in await examine(configured) if finding.what == "provider mail"]

    assert [(finding.ok, finding.said) for finding in told] == [(ok, said)]


async def test_the_doctor_says_nothing_more_of_a_provider_that_does_well(configured: Path) -> None:
    findings = await examine(configured)

    assert not [finding for finding in findings if finding.what.startswith("provider ")]
    assert {"database", "channel log"} <= {finding.what for finding in findings}


def test_providers_are_listed_and_resumed(configured: Path, ran: Callable[..., str]) -> None:
    listed = ran("providers", "list")
    resumed = ran("providers", "resume", "mail")
    (told,) = json.loads(ran("providers", "list", "--json"))["data"]

    assert "mail" in listed
    assert "10/s" in listed
    assert resumed == "mail is called again.\n"
    assert (told["name"], told["state"], told["rate"]) == ("mail", "closed", "10/s")


def test_a_provider_is_paused_until_it_is_resumed_and_says_so(configured: Path, ran: Callable[..., str]) -> None:
    paused = ran("providers", "pause", "mail")
    listed = " ".join(ran("providers", "list").split())
    ran("providers", "resume", "mail")
    (told,) = json.loads(ran("providers", "list", "--json"))["data"]

    assert paused.startswith("mail is not called any more")
    assert "An operator has paused the provider." in listed
    assert told["state"] == "closed"


def test_a_provider_that_is_not_configured_is_told(configured: Path, ran: Callable[..., str]) -> None:
    assert "There is no such provider" in ran("providers", "resume", "pigeon", code=1)


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Runs `wasl` in this process and returns what it printed."""

    def run(*words: str, code: int = 0) -> str:
        monkeypatch.setattr(sys, "argv", ["wasl", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        assert int(ended.value.code or 0) == code
        return str(err if code else out)

    return run


async def silent(config: Path) -> None:
    """What a worker leaves behind that found the provider to be silent."""
    async with AsyncExitStack() as stack:
        parts = await assemble(read(config, {}), World(SystemClock(), Random(1), {}), stack, Part(worker=False))
        await parts.ledger.confirmations.add(["mail"])
        async with parts.ledger._store.engine.begin() as connection:
            await connection.exec_driver_sql(f"UPDATE confirmations SET silent_at = {int(SINCE.timestamp())}000000")


async def test_the_doctor_names_a_provider_that_does_not_confirm_any_more_and_what_to_check(configured: Path) -> None:
    await silent(configured)

    told = [finding for finding in await examine(configured) if finding.what == "provider mail"]

    assert [(finding.ok, finding.said) for finding in told] == [
        (
            False,
            "it confirmed what it took, but nothing since 2026-03-01 12:00 UTC; check there that it still calls /hooks/mail, and that the "
            "secret of its callbacks is the one in wasl.toml; what was refused: wasl callbacks list --state quarantine",
        )
    ]


def test_the_list_says_so_too(configured: Path, ran: Callable[..., str]) -> None:
    asyncio.run(silent(configured))

    assert "does not confirm any more since 2026-03-01 12:00 UTC" in " ".join(ran("providers", "list").split())


MAIL = '[providers.mail]\nplugin = "postmark"\nserver_token = "t"\nsender = "hello@acme.example"\n'
PROVED = f'{MAIL}callback_token = "{"x" * 43}"\n'
PUBLIC = '[server]\npublic_url = "https://messages.acme.example"\n'


@pytest.mark.parametrize(
    ("config", "ok", "said"),
    [
        (
            PROVED,
            False,
            "say how wasl is reached, by `public_url` under [server] in wasl.toml; then let it call https://YOUR.HOST/hooks/mail",
        ),
        (PUBLIC + PROVED, True, "it is to call https://messages.acme.example/hooks/mail"),
        (
            PUBLIC + MAIL,
            True,
            "its settings tell of none, so what it sends stays unconfirmed; its README says what it needs to call "
            "https://messages.acme.example/hooks/mail",
        ),
    ],
    ids=["not reached", "called", "without proof"],
)
async def test_the_doctor_tells_where_providers_are_to_call(tmp_path: Path, config: str, ok: bool, said: str) -> None:
    (tmp_path / "wasl.toml").write_text(config, encoding="utf-8")

    told = [finding for finding in await examine(tmp_path / "wasl.toml") if finding.what == "callbacks of mail"]

    assert [(finding.ok, finding.said) for finding in told] == [(ok, said)]
