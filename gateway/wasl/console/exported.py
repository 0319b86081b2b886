"""Exports as the console has them: who may ask for which, what each holds in words, and whether somebody still sees what is in one."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from wasl.console.permissions import Permission, allowed
from wasl.console.visit import Visit
from wasl.console.words import msgid
from wasl.export_seen import ExportSeen, ExportState, Fault, Kind
from wasl.users import Role

SEE_ALL: Final = frozenset({Role.ADMIN, Role.AUDITOR})
"""Whoever else sees the audit sees what they did themselves (threats.md section 4)."""
_SIGHT = (Permission.SEE, Permission.REVEAL, Permission.EXPORT, Permission.AUDIT)
"""What decides how much somebody is shown."""


class Told(NamedTuple):
    """An export in words: what it is of, what is masked in it, who may have it, and the list beside it (a path below /console)."""

    name: str
    masked: str
    needs: Permission
    path: str


KINDS: Final[Mapping[Kind, Told]] = {
    "messages": Told(
        msgid("Messages"),
        msgid("Addresses are masked, for every role. Names, and what messages said, are not in it. Ids and references are as in the list."),
        Permission.EXPORT,
        "/messages",
    ),
    "suppressions": Told(
        msgid("Suppressions"),
        msgid("Addresses are masked, for every role; a keyed hash beside each lets this installation import the file again."),
        Permission.EXPORT,
        "/suppressions",
    ),
    "consents": Told(
        msgid("Consent ledger"),
        msgid("IP addresses are masked, for every role. People are told by your own ids."),
        Permission.EXPORT,
        "/consents",
    ),
    "audit": Told(
        msgid("Audit"),
        msgid("What looks like an address was masked when it was written."),
        Permission.AUDIT,
        "/audit",
    ),
}
STATES: Final[Mapping[ExportState, tuple[str, str, str]]] = {
    "waiting": (msgid("Waiting"), "idle", "clock"),
    "writing": (msgid("Being written"), "idle", "clock"),
    "ready": (msgid("Ready"), "good", "circle-check"),
    "stopped": (msgid("Deleted"), "idle", "ban"),
    "failed": (msgid("Not made"), "bad", "circle-x"),
    "discarded": (msgid("Deleted"), "warn", "trash-2"),
}
"""Each as a word, a tone and an icon."""
FAULTS: Final[Mapping[Fault, str]] = {
    "too_many": msgid("More than {rows} rows fit. Nothing of it is kept; narrow the query and ask again."),
    "too_large": msgid("The file would have more than {size} MB. Nothing of it is kept; narrow the query and ask again."),
    "broken": msgid("wasl could not write it. Its log has the cause."),
}


def sees_as_much(visit: Visit, seen: ExportSeen) -> bool:
    """Whether the user still may have an export, and sees all that they saw when they asked for it."""
    before = Role(seen.role)
    if not visit.may(KINDS[seen.kind].needs) or any(allowed(before, one, dev=visit.dev) and not visit.may(one) for one in _SIGHT):
        return False
    if seen.kind == "audit" and before in SEE_ALL and visit.user.role not in SEE_ALL:
        return False
    return set(seen.brands) <= set(visit.brands) if seen.brands else not visit.user.brands
