"""The process that is killed or watched: it accepts five messages, sends them, and ends; or that again and again, in waves."""

import asyncio
import os
from collections.abc import Mapping
from multiprocessing.connection import Connection
from pathlib import Path

from tests.torture.rig.processes import Plan, prepare
from wasl.api import Gateway
from wasl_contracts import Content, Message, Recipient

MESSAGES = 5
TOPICS = ("codes-both", "orders-either", "news-unkeyed", "offers-unkeyed", "offers-both")


def run(plan: Plan, accepted: Path, may_go: Connection, first: int, waves: int = 1) -> None:
    """Wait for the word, then work. Ids are written to the file when the send has returned, which is when a client would know.

    `first` is the number of the first message.
    """
    prepare(plan)
    may_go.recv()
    asyncio.run(work(plan.config, accepted, first, waves))


async def work(config: Path, accepted: Path, first: int, waves: int) -> None:
    """What the process does."""
    told = os.open(accepted, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    async with Gateway.from_config(config, environ={}) as gateway:
        for wave in range(waves):
            numbers = range(first + wave * MESSAGES, first + (wave + 1) * MESSAGES)
            for message_id in await asyncio.gather(*(_send(gateway, number, told) for number in numbers)):
                await gateway.wait(message_id, until="delivered", timeout=20)
    os.close(told)


async def _send(gateway: Gateway, number: int, told: int) -> str:
    accepted = await gateway.accept(Message.model_validate(_message(number)), f"key-{number}")
    os.write(told, f"{accepted.id}\n".encode())
    return accepted.id


def _message(number: int) -> Mapping[str, object]:
    addresses = [{"channel": "webhook", "kind": "url", "value": f"https://shop.example.com/{number}"}]
    return {
        "to": Recipient.model_validate({"id": f"u{number}", "phone": f"+96650{number:07}", "addresses": addresses}),
        "content": Content(body=f"Order {number} left. طلبك في الطريق"),
        "topic": TOPICS[number % len(TOPICS)],
        "metadata": {"number": number},
    }
