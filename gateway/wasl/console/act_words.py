"""Acts on many messages in words: what they do, how they stand, why a message was left alone."""

from typing import Final, NamedTuple

from wasl.acts_seen import DONE, GONE, NOT_WAITING, SUPPRESSED, ActKind, ActSeen, ActState
from wasl.answers import LEFT_ALONE
from wasl.console.visit import Visit
from wasl.console.words import msgid

KINDS: Final[dict[ActKind, str]] = {
    "retry": msgid("Retry failed messages"),
    "cancel": msgid("Cancel scheduled messages"),
    "erase": msgid("Erase this person"),
}
NOT_DONE: Final[dict[str, str]] = {
    NOT_WAITING: msgid("Nothing of it is waiting any more."),
    SUPPRESSED: msgid("Every address of theirs is suppressed."),
    GONE: msgid("It is not stored any more."),
    **{code: sentence for code, (sentence, _) in LEFT_ALONE.items()},
}
DONE_WITH: Final[dict[ActKind, str]] = {"retry": msgid("Goes again"), "cancel": msgid("Cancelled"), "erase": msgid("Erased")}


class Told(NamedTuple):
    """How an act stands: its name, tone and icon."""

    name: str
    tone: str
    icon: str


STATES: Final[dict[ActState, Told]] = {
    "asked": Told(msgid("Waits for a second person"), "warn", "clock"),
    "refused": Told(msgid("Not agreed to"), "bad", "x"),
    "withdrawn": Told(msgid("Taken back"), "idle", "minus"),
    "lapsed": Told(msgid("Lapsed: nobody decided in time"), "idle", "clock"),
    "going": Told(msgid("Under way"), "idle", "rotate-cw"),
    "done": Told(msgid("Done"), "good", "check"),
    "stopped": Told(msgid("Stopped"), "warn", "ban"),
    "failed": Told(msgid("Broke off"), "bad", "triangle-alert"),
}


def fates(visit: Visit, act: ActSeen) -> list[tuple[str, str, int]]:
    """What became of the messages so far: a tone, the words, and how many, those with which it was done first."""
    done = [("good", visit.t(DONE_WITH[act.kind]), act.fates[DONE])] if act.fates.get(DONE) else []
    return [*done, *(("idle", visit.t(NOT_DONE.get(code, code)), count) for code, count in act.left.items())]
