"""A long past: some messages that wasl accepted, copied over ninety days, each copy with an end of its own, all of it in SQL.

The ends are those of a middling day: nine in ten arrived, the others failed for several reasons, were kept back, or still wait; some are
rare. One person has far more messages than the others. Indexes are made when all rows are there, which takes half the time.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sqlalchemy import Dialect, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex

from wasl.ledger.tables import address_owners_read, attempts, deliveries, events, messages, tallies
from wasl.ledger.tally_tables import BUCKETS, COUNTS, KEY
from wasl_bench.looking import Run

HEAVY = "heavy"
"""The person whom one message in 28 of the default brand is to."""
_DAYS = 90
_DAYS_OF_HOURS = 40
_HOUR = 3_600_000_000  # microseconds
_DAY = 24 * _HOUR
_OF = 1000
_COPIED = (messages, deliveries, attempts, events)


class _End(NamedTuple):
    """How many of a thousand messages end like that; `saved`: after another way had failed."""

    share: int
    state: str
    reason: str | None = None
    code: str | None = None
    marks: str = "[]"
    saved: bool = False


_ENDS = (
    _End(680, "delivered"), _End(100, "delivered", marks='["opened"]'), _End(20, "delivered", saved=True),
    _End(80, "sent", "no_receipts", marks='["unconfirmed"]'), _End(30, "failed", "provider_rejected", "30003"),
    _End(20, "bounced", "invalid_address", "550"), _End(9, "expired", "expired"), _End(30, "withheld", "opted_out"),
    _End(12, "withheld", "suppressed_bounce"), _End(9, "cancelled", "cancelled"), _End(6, "scheduled", "retrying", "421"),
    _End(3, "scheduled"), _End(1, "unknown", "outcome_unknown"),
)  # fmt: skip
_NEVER_LEFT = ("withheld", "cancelled", "scheduled")
_WAYS = ((6, "email", "mail", "s•••@example.com"), (3, "webhook", "hook", "h•••"), (1, "log", "text", "•••"))  # of ten
_OWN: Mapping[str, Mapping[str, str]] = {
    "messages": {**{name: f"m.{name} - OLDER" for name in ("created_at", "due_at", "expires_at")}, "recipient_id": "n.whose"},
    "deliveries": {
        "state": "CASE WHEN e.saved = 1 THEN 'failed' ELSE e.state END", "reason": "e.reason", "code": "e.code", "marks": "e.marks",
        "attempts": "e.calls", "channel": "e.channel", "provider": "e.provider", "address": "e.address", "decision": "sent.decision",
        "fence": "1 + e.saved", "address_hash": "CASE WHEN e.calls > 0 THEN '01' || substr(n.id, 5, 32) END",
        "due_at": f"CASE WHEN e.state = 'scheduled' THEN m.created_at + {_DAY} END", "decided_at": "m.created_at - OLDER + 4000",
    },
    "attempts": {
        "brand": "n.brand", "delivery": "1", "number": "1", "provider": "e.provider", "started_at": "m.created_at - OLDER + 5000",
        "ended_at": "m.created_at - OLDER + 90000", "outcome": "'receipt'", "code": "e.code", "recipient_id": "n.whose", "facts": "'{}'",
    },
    "events": {
        "brand": "n.brand", "delivery": "1", "at": "m.created_at - OLDER + 4090000", "type": "e.state",
        "facts": "CASE WHEN e.reason IS NULL THEN '{}' ELSE '{\"reason\": \"' || e.reason || '\"}' END",
    },
}  # fmt: skip
"""What a copy has of its own; OLDER stands for how many microseconds it is older."""
_ENDED = "('delivered', 'failed', 'bounced', 'expired', 'withheld', 'cancelled', 'unknown')"


async def write_history(run: Run, database: str, count: int) -> None:
    """Copy the messages until there are so many, evenly over the time, in place of them.

    The first of them was sent: what it has beside its state, the others get too.
    """
    dialect = postgresql.dialect() if database.startswith("postgresql") else sqlite.dialect()  # type: ignore[no-untyped-call]
    originals = await _begin(run, dialect)
    indexes = sorted((one for table in _COPIED for one in table.indexes), key=lambda one: str(one.name))
    for index in indexes:
        await run(f"DROP INDEX {index.name}")
    copies = max(1, count // originals)
    for copy in range(copies):
        for table in _COPIED:
            await run(_copy(table, copy * originals, _DAYS * _DAY // (copies * originals), dialect))
    await run(_second_ways())
    for index in indexes:
        await run(str(CreateIndex(index).compile(dialect=dialect)))
    for statement in (*_tallied(), *_read()):
        await run(statement)
    for name in ("past_messages", "past_deliveries", "numbered", "ends", "sent"):
        await run(f"DROP TABLE {name}")
    if dialect.name == "postgresql":  # whose autovacuum does both within minutes; nobody does so for SQLite
        await run("VACUUM ANALYZE")


async def _begin(run: Run, dialect: Dialect) -> int:
    """Keep the originals aside, numbered by their order; returns how many."""
    await run("CREATE TABLE sent AS SELECT decision FROM deliveries WHERE decision IS NOT NULL LIMIT 1")
    await run(
        f"CREATE TABLE numbered AS SELECT brand, id, number, {_time('id', dialect)} AS made,"
        f" CASE WHEN brand = 'default' AND number % 28 = 0 THEN '{HEAVY}' ELSE recipient_id END AS whose"
        " FROM (SELECT brand, id, recipient_id, row_number() OVER (ORDER BY id) - 1 AS number FROM messages) AS those"
    )
    await run("CREATE UNIQUE INDEX numbered_by_id ON numbered (id)")
    for table in (messages, deliveries):
        await run(f"CREATE TABLE past_{table.name} AS SELECT * FROM {table.name}")
    for table in _COPIED:
        await run(f"DELETE FROM {table.name}")
    await run(
        "CREATE TABLE ends (place INTEGER PRIMARY KEY, state TEXT, reason TEXT, code TEXT, marks TEXT, calls INTEGER, saved INTEGER,"
        " channel TEXT, provider TEXT, address TEXT)"
    )
    await run(f"INSERT INTO ends VALUES {', '.join(_ends())}")
    return await run("SELECT count(*) FROM numbered")


def _ends() -> Iterator[str]:
    ends = [end for end in _ENDS for _ in range(end.share)]
    ways = [way for way in _WAYS for _ in range(way[0])]
    for place, end in enumerate(ends):
        calls = 0 if end.state in _NEVER_LEFT and end.reason != "retrying" else 1
        _, *way = ways[place % len(ways)]
        told = (end.state, end.reason, end.code, end.marks, calls, int(end.saved), *(way if calls else (None, None, None)))
        yield f"({place}, {', '.join(_value(one) for one in told)})"


def _copy(table: Table, first: int, each: int, dialect: Dialect) -> str:
    """All originals once more, the n-th so many microseconds before the one after it."""
    older = f"(n.number + {first}) * {each}"
    made = f"n.made - ({older}) * 512 / 125"  # an id begins with its time, in 1/4096 of a millisecond
    digits = f"lpad(to_hex(({made})::bigint), 15, '0')" if dialect.name == "postgresql" else f"printf('%015x', {made})"
    own = {"id" if table is messages else "message_id": f"'msg_' || {digits} || substr(n.id, 20)", **_OWN[table.name]}
    rest = {messages.name: "m.{}", deliveries.name: "d.{}"}.get(table.name, "NULL")
    values = [own.get(column.name, rest.format(column.name)).replace("OLDER", f"({older})") for column in table.columns]
    of = {attempts.name: " WHERE e.calls > 0", events.name: f" WHERE e.state IN {_ENDED}"}.get(table.name, "")
    also = " JOIN past_deliveries d ON d.message_id = n.id" if table is deliveries else ""
    return (
        f"INSERT INTO {table.name} ({', '.join(column.name for column in table.columns)}) SELECT {', '.join(values)} FROM numbered n"
        f" JOIN past_messages m ON m.id = n.id{also} CROSS JOIN sent JOIN ends e ON e.place = {_scattered(first)}{of} ORDER BY 1, 2"
    )


def _scattered(first: int) -> str:
    """The place of a message among all ends, as if by chance."""
    return f"((n.number + {first}) * 2654435761 / 65536) % {_OF}"


def _second_ways() -> str:
    """What arrived by a second way: the one that failed is there."""
    names = [column.name for column in deliveries.columns]
    own = {
        "number": "2",
        "state": "'delivered'",
        "tried": "'[\"webhook\"]'",
        "reason": "'failover'",
        "channel": "'email'",
        "provider": "'mail'",
    }
    values = ", ".join(own.get(name, name) for name in names)
    return f"INSERT INTO deliveries ({', '.join(names)}) SELECT {values} FROM deliveries WHERE fence = 2 AND number = 1"


def _tallied() -> Iterator[str]:
    """What reports read: as much as the worker would have counted, by one way of a message."""
    counts = {"sent": "a.message_id IS NOT NULL", **{name: f"d.state = '{name}'" for name in COUNTS if name in _ENDED}}
    summed = {name: f"sum(CASE WHEN {held} THEN 1 ELSE 0 END)" for name, held in counts.items()}
    named = {"brand": "m.brand", "category": "m.category", "template": "coalesce(m.template, '')", "country": "''", "currency": "''"}
    named |= {name: f"coalesce(d.{name}, '')" for name in ("channel", "provider")}
    for grain, length, since in (("h", _HOUR, _DAYS_OF_HOURS), ("d", _DAY, _DAYS)):
        for kind, reason, only in (("", "''", ""), ("r", "d.reason", " AND d.reason IS NOT NULL")):
            own = {**named, "grain": f"'{grain}{kind}'", "at": f"m.created_at - m.created_at % {length}", "reason": reason, **summed}
            own |= {} if kind else {BUCKETS[4]: summed["delivered"]}
            columns = [column.name for column in tallies.columns]
            yield (
                f"INSERT INTO tallies ({', '.join(columns)}) SELECT {', '.join(own.get(name, '0') for name in columns)} FROM messages m"
                " JOIN deliveries d ON d.brand = m.brand AND d.message_id = m.id AND d.number = 1"
                " LEFT JOIN attempts a ON a.brand = m.brand AND a.message_id = m.id AND a.delivery = 1 AND a.number = 1"
                f" WHERE m.created_at > (SELECT max(created_at) FROM messages) - {since * _DAY}{only}"
                f" GROUP BY {', '.join(str(number) for number in range(1, len(KEY) + 1))}"
            )
    yield "DELETE FROM tally_places"
    yield "INSERT INTO tally_places SELECT DISTINCT brand, '0-0-0-0', 0 FROM messages"


def _read() -> Iterator[str]:
    """Whose the addresses are was read of the originals, and there are no others."""
    name = address_owners_read.name
    yield f"DELETE FROM {name}"
    yield f"INSERT INTO {name} SELECT brand, max(id) FROM messages GROUP BY brand"


def _time(key: str, dialect: Dialect) -> str:
    """The first 60 bits of an id, as a number."""
    if dialect.name == "postgresql":
        return f"('x0' || substr({key}, 5, 15))::bit(64)::bigint"
    # SQLite reads no hexadecimal text: digit by digit.
    digits = (f"(instr('0123456789abcdef', substr({key}, {5 + n}, 1)) - 1) * {16 ** (14 - n)}" for n in range(15))
    return f"({' + '.join(digits)})"


def _value(value: str | int | None) -> str:
    return "NULL" if value is None else str(value) if isinstance(value, int) else f"'{value}'"
