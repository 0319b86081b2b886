"""What waits where nobody here would look for it: for a channel, or of a brand, that this configuration does not have."""

from collections.abc import Collection, Container, Sequence

from sqlalchemy import bindparam, update

from wasl.ledger import statements as sql
from wasl.ledger.hot import Hot
from wasl.ledger.port import Reader, Transaction
from wasl.ledger.rows import brand_of
from wasl.ledger.tables import deliveries

_MOVE = Hot(
    update(deliveries)
    .where(
        deliveries.c.lane == bindparam("lane"), deliveries.c.flow == bindparam("flow"), deliveries.c.due_at <= bindparam("before")
    )
    .values(lane=bindparam("lane_to"))
)  # fmt: skip


async def bring(tx: Transaction, lanes: Sequence[str], before: int, brands: Container[str]) -> None:
    """Move what these brands have due since `before` on other lanes to the first of these, to be told that its channel is gone."""
    for lane in await _lanes(tx):
        for flow in await _flows(tx, lane, before) if lane not in lanes else ():
            if brand_of(flow) in brands:
                await tx.fetch(_MOVE, {"lane": lane, "flow": flow, "lane_to": lanes[0], "before": before})


async def strangers(tx: Reader, before: int, brands: Container[str]) -> Collection[str]:
    """The other brands of which something is due since `before`, in order."""
    flows = [flow for lane in await _lanes(tx) for flow in await _flows(tx, lane, before)]
    return sorted({brand_of(flow) for flow in flows if brand_of(flow) not in brands})


async def _lanes(tx: Reader) -> list[str]:
    return [lane for (lane,) in await tx.fetch(sql.LANES, {}) if lane is not None]


async def _flows(tx: Reader, lane: str, before: int) -> list[str]:
    return [flow for (flow,) in await tx.fetch(sql.FLOWS, {"lane": lane, "now": before})]
