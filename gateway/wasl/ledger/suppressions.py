"""The suppression list: addresses that must not be used."""

import json
from collections.abc import Sequence

from sqlalchemy import bindparam, select

from wasl.clock import moment
from wasl.ledger.hot import Hot, among, upsert
from wasl.ledger.port import Reader
from wasl.ledger.tables import suppressions
from wasl.policies.verdict import Suppressed
from wasl_contracts import Reason

SUPPRESSED = Hot(
    select(
        suppressions.c.brand, suppressions.c.channel, suppressions.c.address_hash, suppressions.c.reason, suppressions.c.since,
        suppressions.c.source,
    ).where(among(suppressions.c.brand, suppressions.c.channel, suppressions.c.address_hash, name="keys"))
)  # fmt: skip
_suppression = ("brand", "channel", "address_hash", "address", "reason", "source", "since")
SUPPRESS = Hot(upsert(suppressions).values({name: bindparam(name) for name in _suppression}).on_conflict_do_nothing())


async def read_suppressed(tx: Reader, keys: Sequence[tuple[str, str, str]]) -> dict[tuple[str, str, str], Suppressed]:
    """Which of these (brand, channel, address hash) are on the list: one query."""
    rows = await tx.fetch(SUPPRESSED, {"keys": json.dumps(keys)}) if keys else []
    return {
        (brand, channel, hashed): Suppressed(Reason(reason), moment(since), source)
        for brand, channel, hashed, reason, since, source in rows
    }
