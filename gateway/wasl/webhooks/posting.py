"""One post to an endpoint, and how it ended."""

import time
from dataclasses import dataclass

from wasl.clock import Clock, micros
from wasl.ledger.webhooks import Endpoint
from wasl.outbound import Outbound, Unreached
from wasl.webhooks.signing import signatures
from wasl_contracts.http import retry_after

_JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Answered:
    """How a post ended: `ok` only with 2xx. `status` is None where nothing came that can be used; then `code` says what was wrong."""

    at: int
    status: int | None
    code: str
    ms: int
    retry_after: float | None = None

    @property
    def ok(self) -> bool:
        return self.code == "ok"

    @property
    def gone(self) -> bool:
        return self.status == 410


class Posting:
    """Posts signed bodies; to where, is judged anew at each connection."""

    def __init__(self, outbound: Outbound, clock: Clock) -> None:
        self._outbound = outbound
        self._clock = clock

    async def post(self, endpoint: Endpoint, event_id: str, body: bytes) -> Answered:
        """Post once. The same id comes with every try of an event; the timestamp is that of this one."""
        now = self._clock.now()
        at, stamp, began = micros(now), int(now.timestamp()), time.monotonic()
        valid = [secret.text for secret in endpoint.secrets if secret.until is None or secret.until > at]
        headers = {
            "Content-Type": _JSON,
            "webhook-id": event_id,
            "webhook-timestamp": str(stamp),
            "webhook-signature": signatures(valid, event_id, stamp, body),
        }
        try:
            answer = await self._outbound.request("POST", endpoint.url, data=body, headers=headers)
        except Unreached as unreached:
            return Answered(at, None, unreached.code, _since(began))
        code = "ok" if answer.ok else f"http_{answer.status}"
        return Answered(at, answer.status, code, _since(began), retry_after(answer.headers, now))


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
