"""What goes over the wire between client and server: requests, answers, and the lines of a batch."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Self, TypedDict, TypeVar
from uuid import uuid4

from pydantic import BaseModel, JsonValue, ValidationError

from wasl.answers import Accepted
from wasl.errors import LedgerUnavailable, WaslError
from wasl.problems import ProblemDocument
from wasl_contracts import Content, Escalation, Message, Mode, Reason, Recipient, State
from wasl_contracts.enclosure import Enclosure

_MOST_LINES, _MOST_BYTES = 1000, 1_000_000  # of one batch; the server's own limits are 1,000 lines and 1 MiB

_Answer = TypeVar("_Answer", bound=BaseModel)


class MessageFields(TypedDict, total=False):
    """What a message may have beside recipient and template; see wasl_contracts.Message."""

    content: Content | Mapping[str, JsonValue]
    data: Mapping[str, JsonValue]
    topic: str
    channels: Sequence[str]
    mode: Mode
    escalate: Escalation | Mapping[str, str]
    send_at: datetime
    expires_in: str
    about: str
    supersedes: bool
    fact: str
    ordering_key: str
    attachments: Sequence[Enclosure | Mapping[str, str]]
    attachments_optional: bool
    metadata: Mapping[str, JsonValue]


class PreviewFields(MessageFields, total=False):
    """What may be said of a message that is only shown."""

    to: Recipient | Mapping[str, JsonValue]
    locale: str
    brand: str


class ListFilters(TypedDict, total=False):
    """Which messages to list; all of them must hold."""

    state: State
    reason: Reason
    channel: str
    recipient: str
    topic: str
    template: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; `repeatable` where doing it twice has the effect of doing it once, `patient` where the answer may take minutes."""

    method: str
    path: str
    body: bytes | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    repeatable: bool = True
    patient: bool = False


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back: `broken` names the fault where nothing did."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    broken: str | None = None

    @property
    def replayed(self) -> bool:
        return self.headers.get("Idempotency-Replayed") == "true"

    def or_raise(self) -> Self:
        if 200 <= self.status < 300:
            return self
        if self.broken:
            action = "Check WASL_URL, and that `wasl serve` runs there; then send again."
            raise LedgerUnavailable(f"wasl did not answer ({self.broken}).", code="unreachable", suggested_action=action)
        try:
            raise read(ProblemDocument, self.body).error()
        except ValidationError:
            raise WaslError(f"Something before wasl answered with HTTP {self.status}.", code="not_wasl") from None


def new_key() -> str:
    """An idempotency key that nobody else has."""
    return uuid4().hex


def _plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json", exclude_unset=True)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"a {type(value).__name__} cannot be sent as JSON")


def written(value: object) -> bytes:
    """JSON of models, times and plain values; NaN and infinity raise ValueError."""
    return json.dumps(value, default=_plain, ensure_ascii=False, allow_nan=False).encode()


def read(model: type[_Answer], body: bytes) -> _Answer:
    """The answer's body as a model."""
    return model.model_validate_json(body, extra="ignore")  # a newer server may say more


def line(message: Message | Mapping[str, object]) -> bytes:
    """One message of a batch, with an idempotency key."""
    fields: Mapping[str, object] = message.model_dump(mode="json", exclude_unset=True) if isinstance(message, Message) else message
    return written({"idempotency_key": new_key(), **fields})


def batches(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """The lines in groups that the server takes."""
    batch: list[bytes] = []
    size = 0
    for line in lines:
        if batch and (len(batch) == _MOST_LINES or size + len(line) > _MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += len(line) + 1
    if batch:
        yield batch


def line_result(text: bytes) -> Accepted | WaslError:
    """What one line of a batch's answer says."""
    found = json.loads(text)
    if "problem" in found:
        return ProblemDocument.model_validate(found["problem"], extra="ignore").error()
    accepted = Accepted.model_validate(found["message"], extra="ignore")
    return accepted.model_copy(update={"replayed": bool(found.get("replayed"))})
