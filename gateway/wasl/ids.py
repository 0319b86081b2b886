"""Ids. Those that sort by time name their message: msg_<m>, dlv_<m>_2, att_<m>_2_1."""

import random
import re
import time
from collections.abc import Callable

_SUPPRESSION = re.compile(r"sup_([a-z][a-z0-9_-]{0,62})_([0-9a-f]{34})")
_REQUEST = re.compile(r"req_([0-9a-f]{12})[0-9a-f]{12}")


class MessageIds:
    """Makes the ids of messages, by the clock of the machine or by one that tells nanoseconds since 1970."""

    def __init__(self, clock: Callable[[], int] = time.time_ns) -> None:
        self._clock = clock
        self._latest = 0

    def new(self) -> str:
        """`msg_` and 32 hexadecimal digits: 60 bits of time, in 1/4096 of a millisecond, and 68 random ones, like a UUIDv7 (RFC 9562, 6.2).

        Each sorts after those that were made here before, as messages of one ordering key go in that order.
        """
        self._latest = max(self._clock() * 4096 // 1_000_000, self._latest + 1)
        # Not a secret. The shared generator is seeded from the system, and again after a fork.
        return f"msg_{self._latest:015x}{random.getrandbits(68):017x}"


MESSAGE_IDS = MessageIds()
"""Those of this process: their order is the whole process's."""


def message_ids_since(seconds: float) -> str:
    """What sorts before every message id that was made by this clock in the last so many seconds, and after all the others."""
    return f"msg_{time.time_ns() // 1_000_000 - int(seconds * 1000):012x}"


def message_ids_at(microseconds: int) -> str:
    """What sorts before every message id that was made from that moment on, and after all the others."""
    return f"msg_{microseconds * 4096 // 1000:015x}"


def made_at(message_id: str) -> int:
    """When that id of ours was made, in microseconds."""
    return int(message_id[4:19], 16) * 1000 // 4096


def new_request_id() -> str:
    """`req_`, the moment in milliseconds and 48 random bits: what it asked for is found near that moment, without an index of its own."""
    return f"req_{time.time_ns() // 1_000_000:012x}{random.getrandbits(48):012x}"


def requested_at(request_id: str) -> int | None:
    """When a request id of ours was made, in microseconds; None for one that a caller chose."""
    ours = _REQUEST.fullmatch(request_id)
    return int(ours[1], 16) * 1000 if ours is not None else None


def new_webhook_id() -> str:
    """`wh_` and 80 random bits."""
    return f"wh_{random.getrandbits(80):020x}"


def new_user_id() -> str:
    """`usr_` and 80 random bits."""
    return f"usr_{random.getrandbits(80):020x}"


def new_export_id() -> str:
    """`exp_` and 80 random bits."""
    return f"exp_{random.getrandbits(80):020x}"


def new_test_event_id() -> str:
    """`evt_test_` and 80 random bits: an event that did not happen."""
    return f"evt_test_{random.getrandbits(80):020x}"


def delivery_id(message_id: str, number: int) -> str:
    """The id of a message's n-th delivery."""
    return f"dlv_{message_id[4:]}_{number}"


def attempt_id(message_id: str, delivery: int, number: int) -> str:
    """The id of a delivery's n-th attempt."""
    return f"att_{message_id[4:]}_{delivery}_{number}"


def new_change_id(at: int) -> str:
    """`chg_`, the moment in microseconds and 40 random bits: a line of a history, in its order."""
    return f"chg_{at:014x}{random.getrandbits(40):010x}"


def new_callback_id(at: int) -> str:
    """`cbk_`, the moment in microseconds and 40 random bits: a request of a provider, in their order."""
    return f"cbk_{at:014x}{random.getrandbits(40):010x}"


def new_act_id(at: int) -> str:
    """`act_`, the moment in microseconds and 40 random bits: an act on many messages, in their order."""
    return f"act_{at:014x}{random.getrandbits(40):010x}"


def suppression_id(channel: str, address_hash: str) -> str:
    """The id of an address on the suppression list of a channel."""
    return f"sup_{channel}_{address_hash}"


def suppressed_place(suppression: str) -> tuple[str, str] | None:
    """The channel and address hash of a `suppression_id`; None where it is none."""
    match = _SUPPRESSION.fullmatch(suppression)
    return (match[1], match[2]) if match is not None else None
