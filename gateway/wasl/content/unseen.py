"""Characters that nobody sees and that change what is around them: controls, and marks that steer direction (UAX #9)."""

import re

_LINE_END = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_EMBEDDINGS = "\u202a-\u202e"
_STEERING = re.compile(f"[{_EMBEDDINGS}\u2066-\u2069]")
_KEPT_WHOLE = re.compile(f"([\u2066-\u2068][^{_EMBEDDINGS}\u2066-\u2069\n]*\u2069)|[{_EMBEDDINGS}\u2066-\u2069]")


def harmless(value: str) -> str:
    """A value for a template: without controls, and without embeddings, overrides and isolates.

    These would turn what follows around, or end the isolate that the value is put in. Every way to end a line is U+000A.
    """
    return value if value.isprintable() else _STEERING.sub("", _uncontrolled(value))


def settled_marks(text: str) -> str:
    """A whole text without controls, embeddings and overrides; of isolates those stay that end on their line and hold no other."""
    return text if text.isprintable() else _KEPT_WHOLE.sub(r"\1", _uncontrolled(text))


def one_line(text: str) -> str:
    """The text on one line without controls, as headers, notifications and buttons take it."""
    return _CONTROL.sub("", " ".join(text.split()))


def _uncontrolled(text: str) -> str:
    return _CONTROL.sub("", _LINE_END.sub("\n", text))
