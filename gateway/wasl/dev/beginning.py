"""The first minute of `wasl dev`: an API key, a first message, and what to copy."""

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from wasl.api import Gateway
from wasl.apikeys import Scope
from wasl.aside import aside
from wasl.console.captured import DEVELOPER
from wasl.dev.place import Place
from wasl.errors import NotFound, Unusable, WaslError
from wasl.registry import Specs
from wasl.showing.invented import Invented
from wasl.users import Role
from wasl_contracts import Content, Message, Recipient

_SCOPES: tuple[Scope, ...] = ("send", "read", "people:export", "people:erase", "webhooks")
_KEY = "api-key"
_MINE = 0o600


@dataclass(frozen=True, slots=True, repr=False)
class Beginning:
    """An API key that may do everything, whom to write to, and the message that was sent first, where it was.

    `password` is that of the user `developer` where others can reach this machine too, so that no link signs in.
    """

    key: str
    to: Recipient
    message: str | None = None
    password: str | None = None

    def curl(self, url: str) -> str:
        """A command that sends a message, ready to be pasted into a shell."""
        body = {"to": _whom(self.to), "content": {"title": "On its way", "body": "Order **1042** left our store."}}
        return (
            f"curl {url}/v1/messages -H 'Authorization: Bearer {self.key}' "
            f"-H 'Content-Type: application/json' -d '{json.dumps(body, ensure_ascii=False)}'"
        )


async def begin(gateway: Gateway, place: Place, specs: Specs) -> Beginning:
    """An API key, the same one at every start in a place, and a user; into an empty ledger a first message goes."""
    key, to, password = await _key(gateway, place.folder / _KEY), _somebody(specs), await _developer(gateway, place)
    if (await gateway.of(gateway.brand).list(limit=1)).data:
        return Beginning(key, to, password=password)
    said = Content(title="It works", body="wasl wrote this to **nobody**: while you develop, providers only keep what they get.")
    try:
        return Beginning(key, to, (await gateway.accept(Message(to=to, content=said))).id, password)
    except WaslError:  # by the rules of this configuration nobody can be written to like this
        return Beginning(key, to, password=password)


async def _developer(gateway: Gateway, place: Place) -> str | None:
    """The user that the console is used by. Their password is told only where it is needed."""
    password = secrets.token_urlsafe(12)
    try:
        await gateway.user(DEVELOPER)
    except NotFound:
        await gateway.add_user(DEVELOPER, password, Role.ADMIN)
    else:
        if not place.alone:
            await gateway.set_password(DEVELOPER, password)
    return None if place.alone else password


async def _key(gateway: Gateway, file: Path) -> str:
    kept = await aside(lambda: _read(file))
    if kept and await gateway.authenticate(kept.encode()) is not None:
        return kept
    key = await gateway.create_api_key("wasl dev", _SCOPES)
    await aside(lambda: _write(file, key))
    return key


def _read(file: Path) -> str:
    return file.read_text(encoding="utf-8").strip() if file.is_file() else ""


def _write(file: Path, key: str) -> None:
    try:
        file.touch(_MINE)
        file.write_text(key + "\n", encoding="utf-8")
    except OSError as error:
        raise Unusable(f"{file} cannot be written ({error.strerror}); start wasl dev in a folder where you may write.") from None


def _somebody(specs: Specs) -> Recipient:
    """Somebody whom every channel reaches."""
    return Recipient(id="ann", locale=specs.config.locale, addresses=Invented(specs).people())


def _whom(to: Recipient) -> dict[str, object]:
    mail = next((one.value for one in to.addresses if one.kind == "email"), None)
    if mail is not None:
        return {"email": mail}
    return {"id": to.id, "addresses": [one.model_dump() for one in to.addresses[:1]]}
