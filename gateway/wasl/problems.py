"""What is wrong with a request, for every face: pydantic's errors as Problems, and the problem document of RFC 9457."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, Field, ValidationError
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType

from wasl.errors import (
    Conflict,
    Forbidden,
    Gone,
    IdempotencyInProgress,
    IdempotencyMismatch,
    LedgerUnavailable,
    NotFound,
    Problem,
    Refused,
    StorageLow,
    TooManyListeners,
    Unauthenticated,
    WaslError,
)
from wasl_contracts.model import Frozen

_MOST_PROBLEMS = 20  # enough to mend a request by; a hostile one can be wrong 100,000 times
_LONGEST_ECHO = 64
_PRIVATE = re.compile(r"@|[0-9]{7}|wasl_[a-z]+_")
_PYDANTICS_OWN = frozenset(get_args(ErrorType))

_Model = TypeVar("_Model", bound=BaseModel)


def validated(model: type[_Model], body: object) -> _Model:
    """The body as a model.

    Raises:
        Refused: with one Problem for each field that is wrong, the first 20 of them.
    """
    try:
        found: _Model = model.__pydantic_validator__.validate_python(body)  # model_validate takes 2 µs more to call the same
        return found
    except ValidationError as error:
        raise Refused(problems(error, body, model)) from None


def problems(error: ValidationError, body: object, model: type[BaseModel]) -> tuple[Problem, ...]:
    """pydantic's errors as Problems. Pointers follow RFC 6901 through the body; its values are never repeated."""
    found = error.errors(include_url=False, include_input=False)[:_MOST_PROBLEMS]
    return tuple(_problem(details, body, model) for details in found)


def shown(text: str) -> str:
    """At most 64 characters of what a caller wrote, escaped; `…` for what may be an address or a key."""
    if _PRIVATE.search(text[: 4 * _LONGEST_ECHO]):
        return "…"
    escaped = "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text[:_LONGEST_ECHO])
    return escaped[:_LONGEST_ECHO]


def pointer(path: Sequence[str | int]) -> str:
    """A path as a JSON pointer (RFC 6901 section 3), each part as `shown`."""
    return "".join("/" + shown(str(part)).replace("~", "~0").replace("/", "~1") for part in path)


def did_you_mean(name: str, known: Sequence[str]) -> str:
    """`; did you mean "…"?`, or nothing where no known name is near."""
    near = get_close_matches(name[:_LONGEST_ECHO], known, n=1)
    return f'; did you mean "{near[0]}"?' if near else ""


def _problem(details: ErrorDetails, body: object, model: type[BaseModel]) -> Problem:
    path = _path(details["loc"], body, absent=details["type"] == "missing")
    code, message = _said(details)
    if code == "unknown_field" and path:
        message += did_you_mean(str(path[-1]), _fields_at(model, path[:-1]))
    return Problem(pointer=pointer(path), code=code, message=message)


def _path(loc: Sequence[str | int], body: object, *, absent: bool) -> tuple[str | int, ...]:
    # pydantic puts the names of union members between the keys; what the body does not have is such a name, or the missing field.
    path: list[str | int] = []
    for part in loc:
        try:
            body = body[part]  # type: ignore[index]  # what has no such part raises
        except (LookupError, TypeError):
            continue
        path.append(part)
    return (*path, loc[-1]) if absent else tuple(path)


def _fields_at(model: type[BaseModel], path: Sequence[str | int]) -> list[str]:
    for part in path:
        if isinstance(part, int):
            continue
        field = model.model_fields.get(part)
        inner = next(_models_in(field.annotation), None) if field else None
        if inner is None:
            return []
        model = inner
    return list(model.model_fields)


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models_in(inner)


# `ctx` holds limits and allowed values of our own models, never what the caller sent.
_Context = Mapping[str, Any]
_SAID: Mapping[str, tuple[str, Callable[[_Context], str]]] = {
    "missing": ("missing_field", lambda _: "is missing"),
    "extra_forbidden": ("unknown_field", lambda _: "is not a known field"),
    "string_type": ("wrong_type", lambda _: "must be text"),
    "bool_type": ("wrong_type", lambda _: "must be true or false"),
    "int_type": ("wrong_type", lambda _: "must be a whole number"),
    "float_type": ("wrong_type", lambda _: "must be a number"),
    "tuple_type": ("wrong_type", lambda _: "must be a list"),
    "list_type": ("wrong_type", lambda _: "must be a list"),
    "dict_type": ("wrong_type", lambda _: "must be an object"),
    "model_type": ("wrong_type", lambda _: "must be an object"),
    "model_attributes_type": ("wrong_type", lambda _: "must be an object"),
    "string_pattern_mismatch": ("bad_value", lambda ctx: f"must match {ctx['pattern']}"),
    "literal_error": ("bad_value", lambda ctx: f"must be one of {ctx['expected']}"),
    "enum": ("bad_value", lambda ctx: f"must be one of {ctx['expected']}"),
    "invalid-json-value": ("wrong_type", lambda _: "holds something that is not JSON"),
    "string_unicode": ("invalid_unicode", lambda _: "holds half of a surrogate pair; send whole characters"),
    "finite_number": ("not_finite", lambda _: "must be a finite number"),
    "timezone_aware": ("bad_time", lambda _: "needs a time zone; write it like 2026-01-31T09:00:00+03:00"),
}
_SIZES = ("too_short", "too_long", "string_too_short", "string_too_long")
_BAD_TIME = "is not a moment; write it like 2026-01-31T09:00:00+03:00"


def _said(details: ErrorDetails) -> tuple[str, str]:
    kind = details["type"]
    if known := _SAID.get(kind):
        code, text = known
        return code, text(details.get("ctx", {}))
    if kind not in _PYDANTICS_OWN:  # ours: PydanticCustomError carries code and text
        return kind, details["msg"]
    if kind in _SIZES:
        return _size(kind, details.get("ctx", {}))
    if kind.startswith(("datetime", "date")):
        return "bad_time", _BAD_TIME
    return "bad_value", details["msg"].replace("Input should be", "must be")


def _size(kind: str, ctx: _Context) -> tuple[str, str]:
    # Of text behind one of our own validators pydantic says `too_short` too, with the field type `Value`.
    of_text = kind.startswith("string") or ctx["field_type"] == "Value"
    unit = "characters" if of_text else "entries"
    if kind.endswith("short"):
        return "too_short" if of_text else "too_few", f"must have at least {ctx['min_length']} {unit}"
    return "too_long" if of_text else "too_many", f"must have at most {ctx['max_length']} {unit}"


class ProblemDocument(Frozen):
    """An error as every HTTP answer other than 2xx carries it (RFC 9457): `code` for programs, the rest for people."""

    type: str = Field(examples=["urn:wasl:error:unknown_field"])
    title: str
    status: int
    detail: str
    code: str
    request_id: str
    retryable: bool
    suggested_action: str
    errors: tuple[Problem, ...] = ()

    @classmethod
    def of(cls, error: WaslError, request_id: str, status: int | None = None) -> "ProblemDocument":
        """The document for an error, with its class's status unless another is given."""
        return cls(
            type=f"urn:wasl:error:{error.code}",
            title=_title(error.code),
            status=status or error.status,
            detail=error.message,
            code=error.code,
            request_id=request_id,
            retryable=error.retryable,
            suggested_action=error.suggested_action,
            errors=error.errors if isinstance(error, Refused) else (),
        )

    def error(self) -> WaslError:
        """The error that this document tells of, as the class that the Python API raises."""
        kind = _BY_CODE.get(self.code) or _BY_STATUS.get(self.status, WaslError)
        if issubclass(kind, Refused):
            errors = self.errors or (Problem(pointer="", code=self.code, message=self.detail),)
            found: WaslError = kind(errors, message=self.detail, code=self.code, request_id=self.request_id)
        else:
            found = kind(self.detail, code=self.code, request_id=self.request_id)
        found.suggested_action = self.suggested_action
        return found


_BY_CODE: Mapping[str, type[WaslError]] = {
    "idempotency_mismatch": IdempotencyMismatch,
    "idempotency_in_progress": IdempotencyInProgress,
    "too_many_listeners": TooManyListeners,
}
_BY_STATUS: Mapping[int, type[WaslError]] = {
    400: Refused,
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Gone,
    413: Refused,
    415: Refused,
    422: Refused,
    503: LedgerUnavailable,
    507: StorageLow,
}


@cache
def _title(code: str) -> str:
    return code.replace("_", " ").capitalize()
