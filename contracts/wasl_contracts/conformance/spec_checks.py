"""The spec is data and true, and the settings keep their secrets."""

import inspect
import re
from importlib.metadata import entry_points

import pytest
from pydantic import BaseModel, SecretStr, ValidationError

from wasl_contracts.conformance.stage import Contract, networked, only_where, secrets
from wasl_contracts.provider import ProviderSpec
from wasl_contracts.reason import Reason

_SOUNDS_SECRET = re.compile(r"(token|secret|password|passphrase|private_key|api_key|auth_key)$")
_BUSY = {Reason.PROVIDER_UNAVAILABLE, Reason.RATE_LIMITED}


class SpecChecks(Contract):
    """What can be known of a provider without sending."""

    async def test_the_spec_is_data(self) -> None:
        spec = self.provider.spec

        assert isinstance(spec, ProviderSpec), (
            "spec is no ProviderSpec; make it a class attribute, so that wasl reads it without running code"
        )
        spec.model_dump_json(exclude={"settings"})
        assert spec.settings.model_json_schema()["properties"] is not None, (
            "the settings have no JSON Schema; use types that pydantic can export"
        )

    async def test_the_verbs_have_the_protocols_shape(self) -> None:
        offered = [self.provider.find] if hasattr(self.provider, "find") else []
        for verb in (self.provider.send, self.provider.close, *offered):
            assert inspect.iscoroutinefunction(verb), f"{verb.__name__}() is not `async def`; wasl awaits it"

    async def test_the_entry_point_has_the_specs_name(self) -> None:
        place = f"{self.provider.__module__.split('.')[0]}:{self.provider.__qualname__}"

        names = [point.name for point in entry_points(group="wasl.providers") if point.value == place]

        assert names in ([], [self.provider.spec.name]), (
            f"the entry point is named {names}, the spec {self.provider.spec.name!r}; make them equal"
        )

    async def test_the_address_is_one_that_the_spec_serves(self) -> None:
        spec, address = self.provider.spec, self.address

        kind = spec.kind(address.kind)

        assert address.channel == spec.channel, f"the test's address is on channel {address.channel!r}, the spec on {spec.channel!r}"
        assert kind is not None, f"the spec serves no address kind {address.kind!r}; declare it in spec.addresses"
        assert kind.pattern is None or re.fullmatch(kind.pattern, address.value), (
            f"a good address fails the pattern of {kind.kind!r}; mend it"
        )

    async def test_no_address_pattern_takes_a_line_break_or_nothing(self) -> None:
        for kind in self.provider.spec.addresses:
            for bad in ("", f"{self.address.value}\n", f"{self.address.value}\r\nX-Injected: 1"):
                taken = kind.pattern is not None and re.fullmatch(kind.pattern, bad)
                assert not taken, f"the pattern of {kind.kind!r} takes {bad[-16:]!r}; write out which characters it allows"

    async def test_a_busy_provider_is_not_said_to_refuse(self) -> None:
        for code, refusal in self.provider.spec.errors.items():
            assert refusal.outcome != "unavailable" or refusal.reason in _BUSY, (
                f"code {code} is unavailable for the reason {refusal.reason}; use {' or '.join(sorted(_BUSY))}"
            )

    @only_where(networked)
    async def test_the_settings_can_point_to_a_fake(self) -> None:
        missing = [name for name in self.needed_settings if name not in self.provider.spec.settings.model_fields]

        assert not missing, f"the settings have no {', '.join(missing)}; without it nobody can test against a fake"

    async def test_an_unknown_setting_is_refused(self) -> None:
        with pytest.raises(ValidationError, match="no_such_setting"):
            self.valid({**self.settings, "no_such_setting": 1})

    async def test_secret_settings_are_typed_as_secrets(self) -> None:
        for name in _bare(self.provider.spec.settings):
            assert not _SOUNDS_SECRET.search(name), f"the setting {name} sounds secret; type it as SecretStr, so that nothing shows it"

    async def test_settings_and_provider_show_no_secret(self) -> None:
        settings = self.valid(self.settings)

        async with self.stage() as stage:
            for shown in (settings, stage.provider):
                for name, value in secrets(settings):
                    assert value not in f"{shown!r} {shown}", (
                        f"repr or str of {type(shown).__name__} shows the secret setting {name}; mask it"
                    )

    async def test_a_mistake_in_the_settings_shows_no_secret(self) -> None:
        hidden = dict(secrets(self.valid(self.settings)))
        mistakes = [
            {**self.settings, "no_such_setting": 1},
            *({k: v for k, v in self.settings.items() if k != name} for name in self.settings),
        ]

        for mistake in mistakes:
            try:
                self.valid(mistake)
            except ValidationError as error:
                told = [name for name, value in hidden.items() if value in str(error)]
                assert not told, f"a mistake in the settings shows {told}; set hide_input_in_errors=True (wasl_contracts.model.Frozen does)"


def _bare(settings: type[BaseModel]) -> list[str]:
    """The settings that are not SecretStr or contain none."""
    return [name for name, field in settings.model_fields.items() if SecretStr.__name__ not in str(field.annotation)]
