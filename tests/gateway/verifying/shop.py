"""A healthy ledger, made by the real pipeline: one message for everything that can happen to one, and what its providers saw."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.gateway.scripted import OFFERS, Carrier, Script, message, person, specs, world
from wasl.answers import MessageSeen
from wasl.api import Gateway
from wasl.clock import micros
from wasl.consent import ConsentChange
from wasl.ids import new_callback_id
from wasl.ledger import reports
from wasl.ledger.callbacks import Arrival
from wasl.registry import Specs
from wasl.verifying import Evidence, Report, verify
from wasl_contracts import Address, Capabilities, Delivery, EventKind, Reason, Receipt, Rejected, State, Unavailable, Unknown

CONTENT = Rejected(Reason.CONTENT_REJECTED, "content")
DEAD = Rejected(Reason.INVALID_ADDRESS, "address")
TOPICS = {"codes": {"category": "otp"}, "offers": OFFERS, "deals": {**OFFERS, "consent": "opt_in"}, "default": {}}
ANSWERS: dict[tuple[str, str], list[Exception]] = {
    ("retried", "mail"): [Unavailable()],
    ("another", "mail"): [CONTENT],
    ("elsewhere", "mail"): [DEAD],
    ("doubtful", "mail"): [Unknown("reset")],
    ("recognised", "device"): [Unknown("reset")],
    ("offered", "mail"): [Unknown("reset")],
    ("refused", "mail"): [CONTENT],
    ("refused", "spare"): [CONTENT],
}
"""What the providers answer at first, by the words of the message; afterwards they take it."""
OUTCOMES = {Unavailable: "unavailable", Rejected: "rejected", Unknown: "unknown"}


@dataclass
class Witness:
    """What all providers saw, as lines of a sink's record."""

    sends: list[dict[str, Any]] = field(default_factory=list)
    hangs: bool = False
    """One call has no end."""
    hanging: asyncio.Event = field(default_factory=asyncio.Event)

    def of(self, name: str, *, keyed: bool = False) -> Callable[[Delivery], Awaitable[Receipt]]:
        """How the provider of that name answers."""
        left: dict[str, list[Exception]] = {words: list(answers) for (words, provider), answers in ANSWERS.items() if provider == name}

        async def answer(delivery: Delivery) -> Receipt:
            words = str(getattr(delivery.content, "text", "")).strip()
            send = {"attempt_id": delivery.attempt_id, "delivery_id": delivery.id, "keyed": keyed, "outcome": "receipt"}
            self.sends.append(send)
            if words == "hanging" and self.hangs:
                self.hanging.set()
                await asyncio.Event().wait()
            if answers := left.get(words):
                send["outcome"] = OUTCOMES[type(answers[0])]
                raise answers.pop(0)
            return Receipt(provider_ref=f"{name} {delivery.attempt_id}")

        return answer


def shop(folder: Path, witness: Witness, database: str | None = None) -> Specs:
    """Two providers for mail, one for SMS, and a push provider that recognises a repeated delivery."""
    keyed = Capabilities(idempotency_seconds=3600)
    carriers = {
        "mail": Carrier("email", Script(then=witness.of("mail"))),
        "spare": Carrier("email", Script(then=witness.of("spare"))),
        "text": Carrier("sms", Script(then=witness.of("text"))),
        "device": Carrier("push", Script(then=witness.of("device", keyed=True)), keyed),
    }
    retry = {"base": "2ms", "reconcile_after": "4ms", "budget_floor": 1_000_000}
    routes = {"default": {"channels": ["email", "sms"]}}
    told: dict[str, Any] = {"topics": TOPICS, "retry": retry, "routes": routes, "templates": folder / "templates"}
    return specs(folder, carriers, **told, **({"database": database} if database else {}))


async def fill(told: Specs, witness: Witness) -> dict[str, str]:
    """Send one message of each kind; returns their ids by name. One call is still out, and one message waits, when this ends."""
    ids: dict[str, str] = {}
    async with Gateway(told, world=world()) as gateway:

        async def put(name: str, *, key: str | None = None, person: str | None = None, **fields: Any) -> str:
            token = {"channel": "push", "kind": "fcm_token", "value": f"token of {name}"}
            to = {"id": name, "email": f"{name}@example.com", "phone": f"+9665010000{len(ids):02}", "addresses": [token]}
            if person is not None:
                to = {"id": person, "email": f"{person}@example.com"}
            words = {} if "template" in fields else {"content": {"body": name}}
            ids[name] = (await gateway.accept(message(to, **words, **fields), key)).id
            return ids[name]

        await gateway.suppress(Address(channel="email", kind="email", value="unwanted@example.com"))
        for name in ("consented", "undecided"):
            await gateway.put_recipient(person(id=name, email=f"{name}@example.com"))
        await gateway.record_consent("consented", [ConsentChange(topic="deals", channel="email", state="granted")])
        await put("consented", topic="deals")
        await put("undecided", topic="deals")
        await put("sent", key="order-1042")
        await put("written", template="order_shipped", data={"number": "1042"})
        await put("both", mode="all")
        await put("unwanted", channels=["email"])
        await put("doubtful", topic="codes")
        await put("recognised", channels=["push"])
        await put("offered", topic="offers")
        for name in ("retried", "another", "elsewhere"):
            await put(name)
        await put("refused", channels=["email"])
        for name in ("first", "second"):
            await put(name, ordering_key="order-1042")
        await put("announced", person="ann", about="order-1042")
        await put("told", person="ann", fact="order-1042 shipped")
        await put("escalated", escalate={"until": "delivered", "after": "10ms"})
        for message_id in ids.values():
            await settled(gateway, message_id)
        later = datetime.now(UTC) + timedelta(days=7)
        await put("cancelled", send_at=later)
        await gateway.cancel(ids["cancelled"])
        await put("waiting", send_at=later)
        await put("repeated", person="ann", fact="order-1042 shipped")
        await put("replaced", person="ann", about="order-1042", send_at=later)
        await put("replacing", person="ann", about="order-1042", supersedes=True)
        for name in ("repeated", "replacing"):
            await settled(gateway, ids[name])
        await put("confirmed")
        await settled(gateway, ids["confirmed"])
        for kind in ("clicked", "delivered"):
            await reported(gateway, ids["confirmed"], kind)
        await put("unproved", escalate={"until": "read", "after": "1h"})
        await gateway.wait(ids["unproved"])
        await put("hanging", channels=["email"])
        await witness.hanging.wait()
        await put("queued", send_at=later, ordering_key="order-1043")
        await put("parked", ordering_key="order-1043")
        assert gateway._open.worker is not None
        await gateway._open.worker.stop(seconds=0)
    return ids


async def reported(gateway: Gateway, message_id: str, kind: EventKind) -> None:
    """The provider for mail tells what became of the first call of a message."""
    (now, call), provider = (micros(datetime.now(UTC)), reports.attempted(f"att_{message_id.removeprefix('msg_')}_1_1")), "mail"
    report = reports.Report(provider, f"{kind} {message_id}".encode().hex(), kind, now, attempted=call)
    kept = await gateway._open.receipts.callbacks.put(Arrival(new_callback_id(now), provider, now, b"", report.key, (report,)))
    assert kept == "settled"


async def settled(gateway: Gateway, message_id: str) -> MessageSeen:
    """The message when nothing more happens to it by itself."""

    def rests(seen: MessageSeen) -> bool:
        ended = {State.SENT, State.FAILED, State.WITHHELD}
        return all(d.state in ended or (d.state is State.UNKNOWN and d.due_at is None) for d in seen.deliveries)

    async with asyncio.timeout(10):
        while not rests(seen := await gateway.get(message_id)):  # noqa: ASYNC110 - what is awaited happens in the ledger
            await asyncio.sleep(0.005)
    return seen


@dataclass(frozen=True)
class Kept:
    """A healthy ledger on disk: where, the ids of its messages by name, and the record of its providers."""

    folder: Path
    ids: Mapping[str, str]
    sends: list[dict[str, Any]]

    def sink(self, sends: list[dict[str, Any]] | None = None) -> Path:
        """The record as a file."""
        return written(self.folder / "sink.ndjson", [json.dumps(send) for send in (self.sends if sends is None else sends)])

    async def found(self, **evidence: Any) -> Report:
        return await verify(shop(self.folder, Witness()), Evidence(**evidence))


def written(file: Path, lines: list[str]) -> Path:
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return file


def named(report: Report) -> set[tuple[str, str, str]]:
    """The findings as promise, check and message."""
    return {(found.promise, found.check, found.message) for found in report.findings}
