"""What providers do wrong, as often as somebody asks for it: so that retries, failover and doubt can be seen before production has them."""

from enum import StrEnum
from random import Random
from typing import Annotated, Final, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from wasl_contracts.model import Frozen, Slug

Share = Annotated[float, Field(ge=0, le=1)]
"""Of calls, from 0 to 1."""
PATIENCE: Final = 5.0
"""Seconds that a call may take in `wasl dev`: the longest delay is shorter, so that only what hangs gets no answer."""


class Mishap(StrEnum):
    """What may happen to a call in place of a receipt.

    `down`: it answers 503, and has certainly not taken it. `busy`: 429, with the time to wait. `refused`: a definite no.
    `bounced`: taken, then returned, and the address lives. `hanging`: not taken, and no answer. `lost`: taken, and the answer is lost.
    """

    DOWN = "down"
    BUSY = "busy"
    REFUSED = "refused"
    BOUNCED = "bounced"
    HANGING = "hanging"
    LOST = "lost"


class Chaos(Frozen):
    """How often each mishap strikes, as a share of calls, and by how many milliseconds each answer is late.

    Only calls on these `channels` are struck; empty, all are. At most one mishap strikes a call, so the shares add up to 1 at most. With
    `reports`, providers that would tell that a delivery arrived do so by themselves.
    """

    down: Share = 0
    busy: Share = 0
    refused: Share = 0
    bounced: Share = 0
    hanging: Share = 0
    lost: Share = 0
    delay_ms: int = Field(0, ge=0, le=int(PATIENCE * 1000) - 1000)
    channels: tuple[Slug, ...] = ()
    reports: bool = True

    @model_validator(mode="after")
    def _at_most_all(self) -> Self:
        if self.share > 1 + 1e-9:
            raise PydanticCustomError("too_much", "adds up to more than every call; lower one of the shares")
        return self

    @classmethod
    def of(cls, share: float) -> "Chaos":
        """That share of all calls, each mishap as often as the others.

        Raises:
            ValidationError: it is not between 0 and 1.
        """
        return cls(**dict.fromkeys(Mishap, share / len(Mishap)))

    @property
    def shares(self) -> dict[Mishap, float]:
        """How often each strikes."""
        return {mishap: getattr(self, mishap) for mishap in Mishap}

    @property
    def share(self) -> float:
        """Of how many calls anything goes wrong."""
        return sum(self.shares.values())

    def concerns(self, channel: str) -> bool:
        """Whether calls on that channel are struck at all."""
        return not self.channels or channel in self.channels

    def strikes(self, channel: str, random: Random) -> Mishap | None:
        """What chance brings upon this call; None: nothing."""
        if not self.share or not self.concerns(channel):
            return None
        cast = random.random()
        for mishap, share in self.shares.items():
            cast -= share
            if cast < 0:
                return mishap
        return None


CALM: Final = Chaos()
