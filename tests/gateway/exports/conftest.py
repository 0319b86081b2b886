"""A gateway that does not send, on each engine, with somebody who may ask for exports; and messages by the hundred thousand."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import pytest

from tests.databases import changed
from tests.gateway.scripted import NOON, Carrier, FakeClock, message
from wasl.api import Gateway
from wasl.audited import WASL, Action, AuditFilters, Entry
from wasl.consent import ConsentFilters
from wasl.export_seen import ExportSeen, Format
from wasl.exporting import ExportWanted
from wasl.ledger.tables import deliveries, messages
from wasl.users import Role, User

Opened = Callable[..., Awaitable[Gateway]]


@dataclass(frozen=True)
class Office:
    """The gateway, and Ann, who asks for exports."""

    gateway: Gateway
    clock: FakeClock
    ann: User
    url: str

    async def ask(self, query: str = "", how: Format = "csv") -> ExportSeen:
        """An export of messages of all brands."""
        return await self.want(ExportWanted("messages", self.gateway.brands, query=query), how)

    async def want(self, wanted: ExportWanted, how: Format = "csv") -> ExportSeen:
        """An export of anything."""
        return await self.gateway.ask_export(self.ann, wanted, how)

    async def suppressions(self) -> ExportSeen:
        """An export of the suppression list."""
        return await self.want(ExportWanted("suppressions", (self.gateway.brand,)))

    async def consents(self, **filters: str) -> ExportSeen:
        """An export of the consent ledger."""
        return await self.want(ExportWanted("consents", (self.gateway.brand,), filters=ConsentFilters.model_validate(filters)))

    async def audit(self, action: Action) -> ExportSeen:
        """An export of the audit."""
        return await self.want(ExportWanted("audit", filters=AuditFilters(action=action)))

    async def seen(self, export: ExportSeen) -> ExportSeen:
        """How it stands now."""
        return await self.gateway.export_of(self.ann, export.id)

    async def text(self, export: ExportSeen) -> str:
        """The file, by its link."""
        opened = await self.gateway.opened_export(self.ann, self.gateway.export_token(export))
        return b"".join([part async for part in await self.gateway.take_export(opened)]).decode()

    async def look(self) -> None:
        """Write what waits."""
        await self.gateway._open.exports.look()

    async def known(self, user: User) -> User:
        """The same user, stored."""
        await self.gateway._open.ledger.users.add(user, "no password", Entry(Action.USER_ADDED, WASL, user.id))
        return user

    async def many(self, count: int) -> None:
        """So many messages that were sent, from one that was accepted as ever."""
        first = await self.gateway.accept(message({"id": "آن", "email": "ann@example.com"}))
        number = "printf('%032x', n)" if self.url.startswith("sqlite") else "lpad(to_hex(n), 32, '0')"
        own = f"'msg_' || {number}"
        sent = {"state": "'sent'", "channel": "'email'", "provider": "'mail'", "due_at": "NULL", "address": "'a•••@e•••.com'"}
        for table, key, own_values in ((messages, "id", {"reference": "'=1042'"}), (deliveries, "message_id", sent)):
            values = ", ".join({**own_values, key: own}.get(column.name, f"old.{column.name}") for column in table.columns)
            await changed(
                self.url,
                f"INSERT INTO {table.name} ({', '.join(column.name for column in table.columns)}) "
                f"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {count}) "
                f"SELECT {values} FROM c, {table.name} old WHERE old.{key} = '{first.id}'",
            )


@pytest.fixture
async def office(opened: Opened, database: str) -> Office:
    clock = FakeClock()
    gateway = await opened({"mail": Carrier("email"), "text": Carrier("sms")}, worker=False, clock=clock)
    ann = User(id="usr_ann", name="ann", role=Role.SUPPORT, created_at=NOON)
    office = Office(gateway, clock, ann, database)
    await office.known(ann)
    return office


@pytest.fixture
def by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is written by the request itself, and one row in one go."""
    monkeypatch.setattr("wasl.exports.writing.AT_ONCE", 0)
    monkeypatch.setattr("wasl.exports.writing._PIECE", 1)
    monkeypatch.setattr("wasl.exports.writing._SHARE", 0)
