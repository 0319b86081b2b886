"""The plugin that test_registry.py installs: its NAME, CHANNEL and AUDIENCE are filled in there."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from wasl_contracts import AddressKind, Capabilities, Delivery, HttpSession, ProviderSpec, Receipt


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")
    base_url: str = "https://pager.example"
    retries: int = Field(0, le=3)
    token: SecretStr | None = None

    @field_validator("token")
    @classmethod
    def known(cls, token: SecretStr) -> SecretStr:
        if token.get_secret_value().startswith("bad"):
            raise ValueError(f"not a token: {token.get_secret_value()}")
        return token


class Pager:
    spec = ProviderSpec(
        name="NAME",
        channel="CHANNEL",
        format="plain",
        settings=Settings,
        addresses=(AddressKind(kind="pager", audience="AUDIENCE"),),
        capabilities=Capabilities(concurrency=7, timeout_seconds=3),
    )
    closed: ClassVar[list[str]] = []

    def __init__(self, settings: Settings, http: HttpSession) -> None:
        if settings.base_url == "nowhere":
            raise RuntimeError(f"cannot use {settings.token and settings.token.get_secret_value()}\nfor {settings.base_url}")
        self.settings, self.http = settings, http

    async def send(self, delivery: Delivery) -> Receipt:
        return Receipt(provider_ref=delivery.id)

    async def close(self) -> None:
        self.closed.append(self.settings.base_url)
