"""What `[caps.NAME]` of wasl.toml may say: how many messages a person may get in a stretch of time, and what becomes of the next one."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Self, get_args

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from wasl_contracts.duration import Duration
from wasl_contracts.message import Category
from wasl_contracts.model import Frozen, Slug

Scope = Literal["person", "channel", "topic", "category"]
Over = Literal["defer", "next_channel", "withhold"]
Places = Annotated[int, Field(ge=1, le=10_000)]


class Cap(Frozen):
    """`[caps.NAME]`: a person gets at most `limit` messages in any stretch of time that is `per` long (it rolls: no calendar days).

    It counts the messages that fit `topics`, `categories` and `channels`; where none are named, all fit. `scope` tells what shares the
    places: all messages to the person, or those on one channel, of one topic, of one category. `over` is what becomes of a message that
    finds no place: it waits for one, takes the next channel of its route, or is withheld. `reserve` keeps places for categories: nothing
    else that a cap can keep back takes them.
    """

    limit: Places
    per: Duration
    scope: Scope = "person"
    topics: tuple[Slug, ...] = ()
    categories: tuple[Category, ...] = ()
    channels: tuple[Slug, ...] = ()
    over: Over = "defer"
    reserve: dict[Category, Places] = Field(default_factory=dict)

    def fits(self, topic: str, category: Category, channel: str) -> bool:
        """Whether it counts such a message."""
        named = ((self.topics, topic), (self.categories, category), (self.channels, channel))
        return all(not names or name in names for names, name in named)

    @model_validator(mode="after")
    def _check_reserve(self) -> Self:
        if self.reserve and self.scope in ("topic", "category"):
            raise PydanticCustomError(
                "reserve_alone", "reserves places among messages of one category; use scope = 'person' or 'channel', or drop reserve"
            )
        counted = self.categories or get_args(Category)
        if foreign := sorted(self.reserve.keys() - set(counted)):
            raise PydanticCustomError("reserve_foreign", f"reserves places for {foreign[0]}, which it does not count; add it to categories")
        left = self.limit - sum(self.reserve.values())
        if left < 0 or (left == 0 and not self.reserve.keys() >= set(counted)):
            raise PydanticCustomError("reserve_all", "reserves all its places, so that nothing else would ever go; raise limit")
        return self


def named(caps: Mapping[str, Cap]) -> Iterator[tuple[tuple[str | int, ...], Literal["topics", "channels"], str]]:
    """The topics and channels that caps name, each with its place."""
    for name, cap in caps.items():
        for index, topic in enumerate(cap.topics):
            yield ("caps", name, "topics", index), "topics", topic
        for index, channel in enumerate(cap.channels):
            yield ("caps", name, "channels", index), "channels", channel
