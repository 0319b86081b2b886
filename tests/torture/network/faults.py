"""The faults by name. Each is played on one connection; `EVERY` are for any protocol, `HTTP` for HTTP alone, `AGAIN` strike the second
request on a connection."""

import asyncio
import random
import re
from collections.abc import Mapping

from tests.torture.network.proxy import Fault, Link

_TLS_ALERT = bytes.fromhex("15030100020228")
_TLS_HELLO = bytes.fromhex("16030300310200002d0303") + bytes(38)
_BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nRetry-After: 1\r\nConnection: close\r\n\r\n"


# Before the request


async def closes_at_once(link: Link) -> None:
    link.close()


async def resets_at_once(link: Link) -> None:
    link.reset()


async def finishes_at_once_and_takes_it(link: Link) -> None:
    link.finish()
    await link.carry(link.speech.end)
    await link.answer()


async def stalls_unread(link: Link) -> None:
    await link.stall()


async def begins_late(link: Link) -> None:
    await asyncio.sleep(0.05)
    await link.carry(link.speech.end)
    await link.tell(await link.answer())


async def is_busy_unasked(link: Link) -> None:
    await link.tell(b"421 4.3.2 too busy\r\n" if _is_smtp(link) else _BUSY)


async def speaks_tls_unasked(link: Link) -> None:
    await link.tell(_TLS_HELLO)
    await link.stall()


# In the request


async def closes_in_the_head(link: Link) -> None:
    await _greet(link)
    await link.hear(10)


async def resets_in_the_head(link: Link) -> None:
    await _greet(link)
    await link.hear(10)
    link.reset()


async def closes_in_the_body(link: Link) -> None:
    await link.carry(link.speech.body)


async def resets_in_the_body(link: Link) -> None:
    await link.carry(link.speech.body)
    link.reset()


async def stalls_in_the_body(link: Link) -> None:
    await link.carry(link.speech.body)
    await link.stall()


async def drips_the_request(link: Link) -> None:
    await link.carry(link.speech.end, most=7)
    await link.tell(await link.answer())


# After the request, which the server has taken


async def closes_unanswered(link: Link) -> None:
    await _taken(link)


async def resets_unanswered(link: Link) -> None:
    await _taken(link)
    link.reset()


async def stalls_unanswered(link: Link) -> None:
    await _taken(link)
    await link.stall()


async def closes_in_the_answer(link: Link) -> None:
    await link.tell(_half(await _taken(link)))


async def resets_in_the_answer(link: Link) -> None:
    await link.tell(_half(await _taken(link)))
    await asyncio.sleep(0.01)  # so that the half answer arrives before the reset drops it
    link.reset()


async def stalls_in_the_answer(link: Link) -> None:
    await link.tell(_half(await _taken(link)))
    await link.stall()


async def drips_the_answer(link: Link) -> None:
    await link.tell(await _taken(link), most=3)


async def answers_garbage(link: Link) -> None:
    await link.tell(random.Random(len(await _taken(link))).randbytes(500))


async def answers_empty_lines(link: Link) -> None:
    await _taken(link)
    await link.tell(b"\r\n" * 50)


async def answers_twice(link: Link) -> None:
    answer = await _taken(link)
    await link.tell(answer + answer)


async def answers_without_end(link: Link) -> None:
    await _taken(link)
    first, more = (b"250-go on\r\n", b"250-and on\r\n") if _is_smtp(link) else (b"HTTP/1.1 200 OK\r\n", b"X-More: and more\r\n")
    await link.tell(first)
    while True:
        await link.tell(more * 100)


async def answers_in_tls(link: Link) -> None:
    await _taken(link)
    await link.tell(_TLS_ALERT)


# Answers that only HTTP has


async def tells_a_length_too_short(link: Link) -> None:
    await link.tell(_with_length(await _taken(link), -1))


async def tells_a_length_too_long(link: Link) -> None:
    await link.tell(_with_length(await _taken(link), +10))


async def tells_no_length_that_is_one(link: Link) -> None:
    await link.tell(re.sub(rb"(?i)(content-length:) *\d+", rb"\1 -3x", await _taken(link)))


async def cuts_a_chunk(link: Link) -> None:
    await _taken(link)
    await link.tell(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n100\r\n{")


async def tells_a_chunk_size_that_is_none(link: Link) -> None:
    await _taken(link)
    await link.tell(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n")


async def answers_by_two_lengths(link: Link) -> None:
    await _taken(link)
    await link.tell(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 40\r\n\r\n{}")


async def continues_for_ever(link: Link) -> None:
    await _taken(link)
    while True:
        await link.tell(b"HTTP/1.1 100 Continue\r\n\r\n" * 50)


async def hints_before_the_answer(link: Link) -> None:
    answer = await _taken(link)
    await link.tell(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 5 + answer)


async def switches_protocols(link: Link) -> None:
    await _taken(link)
    await link.tell(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n")


async def answers_without_a_head(link: Link) -> None:
    await link.tell((await _taken(link)).partition(b"\r\n\r\n")[2] or b"ok")


async def calls_it_gzip(link: Link) -> None:
    await link.tell((await _taken(link)).replace(b"\r\n", b"\r\nContent-Encoding: gzip\r\n", 1))


# The second request on a connection


async def closes_while_idle(link: Link) -> None:
    await _first(link)


async def closes_on_the_next_request(link: Link) -> None:
    await _first(link)
    await link.hear(1)


async def resets_on_the_next_request(link: Link) -> None:
    await _first(link)
    await link.hear(1)
    link.reset()


async def answers_the_first_again_while_idle(link: Link) -> None:
    answer = await _first(link)
    await link.tell(answer)
    await link.stall()


async def answers_the_first_again_to_the_next(link: Link) -> None:
    answer = await _first(link)
    await asyncio.sleep(0.02)
    await link.tell(answer)
    await link.hear(1)
    await link.stall()


EVERY: Mapping[str, Fault] = {
    fault.__name__: fault
    for fault in (
        closes_at_once, resets_at_once, finishes_at_once_and_takes_it, stalls_unread, begins_late, is_busy_unasked, speaks_tls_unasked,
        closes_in_the_head, resets_in_the_head, closes_in_the_body, resets_in_the_body, stalls_in_the_body, drips_the_request,
        closes_unanswered, resets_unanswered, stalls_unanswered, closes_in_the_answer, resets_in_the_answer, stalls_in_the_answer,
        drips_the_answer, answers_garbage, answers_empty_lines, answers_twice, answers_without_end, answers_in_tls,
    )
}  # fmt: skip
HTTP: Mapping[str, Fault] = {
    fault.__name__: fault
    for fault in (
        tells_a_length_too_short, tells_a_length_too_long, tells_no_length_that_is_one, cuts_a_chunk, tells_a_chunk_size_that_is_none,
        answers_by_two_lengths, continues_for_ever, hints_before_the_answer, switches_protocols, answers_without_a_head, calls_it_gzip,
    )
}  # fmt: skip
AGAIN: Mapping[str, Fault] = {
    fault.__name__: fault
    for fault in (
        closes_while_idle, closes_on_the_next_request, resets_on_the_next_request, answers_the_first_again_while_idle,
        answers_the_first_again_to_the_next,
    )
}  # fmt: skip


async def _taken(link: Link) -> bytes:
    """Let the server take the request; returns its answer, which the client does not have yet."""
    await link.carry(link.speech.end)
    return await link.answer()


async def _first(link: Link) -> bytes:
    answer = await _taken(link)
    await link.tell(answer)
    return answer


async def _greet(link: Link) -> None:
    if _is_smtp(link):  # where the server speaks first
        await link.tell(b"220 hello\r\n")


def _is_smtp(link: Link) -> bool:
    return type(link.speech).__name__ == "Smtp"


def _half(answer: bytes) -> bytes:
    return answer[: len(answer) // 2]


def _with_length(answer: bytes, more: int) -> bytes:
    return re.sub(rb"(?i)(content-length:) *(\d+)", lambda found: found[1] + b" %d" % (int(found[2]) + more), answer)
