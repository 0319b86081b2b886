"""Routes that escalate: what cannot work is a mistake with its place, and what always takes its whole time a warning."""

from pathlib import Path

import pytest

from tests.gateway.scripted import KINDS, ScriptedSettings
from wasl.config.file import examine
from wasl.config.routes import completed
from wasl_contracts import Capabilities, ProviderSpec

PROVING = Capabilities(receipts=True, confirms_in_seconds=60)
SPECS = {
    name: ProviderSpec(
        name=name, channel=channel, format="plain", addresses=KINDS[channel], settings=ScriptedSettings, capabilities=can
    )
    for name, channel, can in (("device", "push", PROVING), ("text", "sms", Capabilities(receipts=True)), ("mail", "email", Capabilities()))
}  # fmt: skip
PROVIDERS = "".join(f"[providers.{name}]\nplugin = '{name}'\n" for name in SPECS)


def told(tmp_path: Path, route: str) -> list[str]:
    """Mistakes and warnings of a route that begins in line 7."""
    file = tmp_path / "wasl.toml"
    file.write_text(f"{PROVIDERS}{route}\n")
    config, findings = examine(file, {})
    completed(config, SPECS, findings)
    return [str(one).removeprefix(f"{tmp_path}/") for one in (*findings.mistakes, *findings.warnings)]


@pytest.mark.parametrize(
    ("route", "said"),
    [
        ('mode = "all"\nuntil = "read"', 'wasl.toml:9:1: routes.x.until: does nothing with mode = "all": there is no next channel'),
        (
            'escalate_after = "5m"',
            'wasl.toml:8:1: routes.x.escalate_after: does nothing without until; write until = "delivered" or "read"',
        ),
        ('until = "arrived"', "wasl.toml:8:1: routes.x.until: should be 'sent', 'delivered' or 'read'"),
        ('until = "read"\nescalate_after = 5', "wasl.toml:9:1: routes.x.escalate_after: is not a duration; write a number and a unit"),
        ('until = "read"\nescalate_after = "0s"', "wasl.toml:9:1: routes.x.escalate_after: must be more than nothing"),
        ('until = "read"\nchannels = ["push"]', "wasl.toml:8:1: routes.x.until: has no channel to go on to after push"),
        (
            'until = "delivered"\nchannels = ["sms", "push"]',
            "wasl.toml:8:1: routes.x.until: waits for a proof that no provider of sms ever",
        ),
        ('until = "read"\nchannels = ["email", "push"]', "wasl.toml:8:1: routes.x.until: waits for a proof that no provider of email ever"),
        (
            'until = "delivered"\nescalate_after = "5m"\nchannels = ["push", "sms"]\n[topics.codes]\ncategory = "otp"\nroute = "x"',
            "wasl.toml:9:1: routes.x.escalate_after: escalates after 5m, but messages about codes live 5m, so these never do",
        ),
    ],
)
def test_what_cannot_escalate_is_told_with_its_place(tmp_path: Path, route: str, said: str) -> None:
    (found,) = told(tmp_path, f"[routes.x]\n{route}")

    assert found.startswith(said)


@pytest.mark.parametrize(
    "route",
    [
        'until = "delivered"\nchannels = ["push", "sms"]',
        'until = "read"\nchannels = ["sms", "push"]\nescalate_after = "smart"',
        'until = "delivered"\nescalate_after = "4m"\nchannels = ["push", "email"]\n[topics.codes]\ncategory = "otp"\nroute = "x"',
        'until = "sent"',
    ],
)
def test_what_can_is_not_mentioned(tmp_path: Path, route: str) -> None:
    assert told(tmp_path, f"[routes.x]\n{route}") == []
