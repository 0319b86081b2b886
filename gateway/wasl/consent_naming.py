"""Which topics and channels a consent may speak of: a mistyped one would be kept, and stop or allow nothing."""

from collections.abc import Collection, Iterator, Sequence

from wasl.config import Config
from wasl.consent import EVERY, ConsentAsk, ConsentChange, ConsentRow
from wasl.errors import Conflict, Problem
from wasl.problems import did_you_mean

_MOST_NAMED = 20


def unknown(config: Config, told: ConsentChange | ConsentAsk, at: str = "", rows: Sequence[ConsentRow] = ()) -> Iterator[Problem]:
    """What it names that is not configured; `at` is its place in the request.

    A withdrawal may name what a person's `rows` name: it was configured once, and they may still take it back.
    """
    takes_back = isinstance(told, ConsentChange) and told.state == "withdrawn"
    for field, name, known, before in (
        ("topic", told.topic, config.topics, {row.topic for row in rows}),
        ("channel", told.channel, config.channels, {row.channel for row in rows}),
    ):
        if name != EVERY and name not in known and not (takes_back and name in before):
            message = f"is not a {field} of the configuration{_meant(name, known)}"
            yield Problem(pointer=f"{at}/{field}", code=f"unknown_{field}", message=message)


def refuse_without_effect(config: Config, changes: Sequence[ConsentChange]) -> None:
    """Raise Conflict where a topic is withdrawn that cannot be switched off: nobody shall believe that it was."""
    for change in changes:
        about = config.topics.get(change.topic)
        if change.state == "withdrawn" and about is not None and about.rules.consent == "required":
            raise Conflict(
                f'The topic {change.topic} cannot be switched off (consent = "required"), so this would have no effect; nothing was kept.',
                code="topic_required",
                suggested_action="Leave it out; or suppress their address, which stops everything.",
            )


def _meant(name: str, known: Collection[str]) -> str:
    near = did_you_mean(name, list(known))
    return near or f"; there are: {', '.join(sorted(known)[:_MOST_NAMED])}{', …' if len(known) > _MOST_NAMED else ''}"
