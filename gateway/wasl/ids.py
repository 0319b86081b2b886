"""Ids that sort by time and name their message: msg_<m>, dlv_<m>_2, att_<m>_2_1."""

import random
import time


def new_message_id() -> str:
    """`msg_`, 48 bits of milliseconds and 80 random bits, as 32 hexadecimal digits: sorts by time like a UUIDv7 (RFC 9562)."""
    # Not a secret. The shared generator is seeded from the system, and again after a fork.
    return f"msg_{time.time_ns() // 1_000_000:012x}{random.getrandbits(80):020x}"


def new_request_id() -> str:
    """`req_` and 80 random bits."""
    return f"req_{random.getrandbits(80):020x}"


def delivery_id(message_id: str, number: int) -> str:
    """The id of a message's n-th delivery."""
    return f"dlv_{message_id[4:]}_{number}"


def attempt_id(message_id: str, delivery: int, number: int) -> str:
    """The id of a delivery's n-th attempt."""
    return f"att_{message_id[4:]}_{delivery}_{number}"
