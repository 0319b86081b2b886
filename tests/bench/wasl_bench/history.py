"""A long past: some messages that wasl accepted, given an end each in SQL, and copied over ninety days.

The ends are those of a middling day: nine in ten arrived, the others failed for several reasons, were kept back, or still wait.
"""

from collections.abc import Mapping

from sqlalchemy import Table

from wasl.ledger.tables import attempts, deliveries, messages
from wasl_bench.looking import Run

_DAYS = 90
_MICROS = 86_400 * 1_000_000
_TABLES = {messages: "id", deliveries: "message_id", attempts: "message_id"}
_ENDS = {  # of a hundred messages: how many, their state, reason and code
    "delivered": (80, None, None),
    "sent": (8, "no_receipts", None),
    "failed": (3, "provider_rejected", "30003"),
    "bounced": (2, "invalid_address", "550"),
    "withheld": (4, "opted_out", None),
    "expired": (1, "expired", None),
    "cancelled": (1, "cancelled", None),
    "scheduled": (1, "retrying", "421"),
}
_NEVER_LEFT = ("withheld", "cancelled")


async def write_history(run: Run, database: str, originals: int, count: int) -> None:
    """Give these messages, which nobody has sent, their ends, and copy them until there are so many, evenly over the time."""
    await _end(run)
    postgres = database.startswith("postgresql")
    copies = max(1, count // originals)
    apart = _DAYS * _MICROS // copies
    for table, key in _TABLES.items():
        moved = f"(SELECT number FROM numbered WHERE numbered.id = {table.name}.{key}) * {apart // originals}"
        await run(_copy(table, (table.name, key), moved, f"CREATE TABLE past_{table.name} AS", postgres=postgres))
    for number in range(1, copies):
        for table, key in _TABLES.items():
            await run(_copy(table, (f"past_{table.name}", key), str((number - 1) * apart), _into(table), postgres=postgres))
    await run("ANALYZE")


async def _end(run: Run) -> None:
    """Numbered by their order, each gets the end of its place in a hundred."""
    await run("CREATE TABLE numbered AS SELECT id, row_number() OVER (ORDER BY id) AS number FROM messages")
    await run("CREATE INDEX numbered_by_id ON numbered (id)")
    place = "(SELECT number % 100 FROM numbered WHERE numbered.id = deliveries.message_id)"
    first = 0
    for state, (share, reason, code) in _ENDS.items():
        due = "due_at" if state == "scheduled" else "NULL"
        way = "attempts = 0" if state in _NEVER_LEFT else "provider = 'hook', channel = 'webhook', address = 'h•••', attempts = 1"
        marks = '["unconfirmed"]' if state == "sent" else "[]"
        await run(
            f"UPDATE deliveries SET state = '{state}', reason = {_text(reason)}, code = {_text(code)}, due_at = {due}, {way},"
            f" marks = '{marks}' WHERE {place} BETWEEN {first} AND {first + share - 1}"
        )
        first += share
    names = "brand, message_id, delivery, number, provider, started_at, ended_at, outcome, code, recipient_id"
    await run(
        f"INSERT INTO attempts ({names}) SELECT d.brand, d.message_id, 1, 1, 'hook', m.created_at + 5000, m.created_at + 90000, 'receipt',"
        " d.code, m.recipient_id FROM deliveries d JOIN messages m ON m.brand = d.brand AND m.id = d.message_id WHERE d.attempts > 0"
    )


def _into(table: Table) -> str:
    return f"INSERT INTO {table.name} ({', '.join(column.name for column in table.columns)})"


def _copy(table: Table, source: tuple[str, str], older: str, into: str, *, postgres: bool) -> str:
    """Copies of all rows of a source, each so many microseconds older: an id begins with its time, in 1/4096 of a millisecond."""
    name, key = source
    made = f"({_time(key, postgres=postgres)} - ({older}) * 512 / 125)"
    digits = f"lpad(to_hex({made}::bigint), 15, '0')" if postgres else f"printf('%015x', {made})"
    moments = ("created_at", "due_at", "expires_at", "started_at", "ended_at", "decided_at")
    changed: Mapping[str, str] = {key: f"'msg_' || {digits} || substr({key}, 20)", **{one: f"{one} - ({older})" for one in moments}}
    told = [f"{changed.get(column.name, column.name)} AS {column.name}" for column in table.columns]
    return f"{into} SELECT {', '.join(told)} FROM {name}"


def _time(key: str, *, postgres: bool) -> str:
    """The first 60 bits of an id, as a number."""
    if postgres:
        return f"('x0' || substr({key}, 5, 15))::bit(64)::bigint"
    # SQLite reads no hexadecimal text: digit by digit.
    digits = (f"(instr('0123456789abcdef', substr({key}, {5 + n}, 1)) - 1) * {16 ** (14 - n)}" for n in range(15))
    return f"({' + '.join(digits)})"


def _text(value: str | None) -> str:
    return "NULL" if value is None else f"'{value}'"
