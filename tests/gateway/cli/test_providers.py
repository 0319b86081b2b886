"""How providers do, as `wasl doctor` and `wasl providers` tell it: in this process, on the database that the configuration names."""

import json
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from wasl.assembly import Part, World, assemble
from wasl.cli import main
from wasl.cli.checkup import examine
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
