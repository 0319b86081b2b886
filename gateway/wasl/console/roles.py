"""What each role may, in words: the rows of the one table of permissions, for whoever gives somebody a role."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from wasl.console.permissions import PERMISSIONS, Permission
from wasl.console.words import msgid
from wasl.users import Role

MAY: Final[Mapping[Permission, str]] = {
    Permission.SEE: msgid("See messages and people, masked"),
    Permission.REPORTS: msgid("See reports"),
    Permission.TEMPLATES: msgid("See templates and brands"),
    Permission.REVEAL: msgid("Reveal what a message says, with a reason"),
    Permission.RESEND: msgid("Retry, send again and cancel messages"),
    Permission.SUPPRESS: msgid("Put addresses on the suppression list"),
    Permission.UNSUPPRESS: msgid("Take addresses off the suppression list"),
    Permission.EXPORT: msgid("Export files"),
    Permission.PROVIDERS: msgid("Pause, resume and test providers"),
    Permission.SETUP: msgid("See the setup"),
    Permission.AUDIT: msgid("See the audit, or their own acts in it"),
    Permission.DATA: msgid("Copy and erase what is stored of a person"),
    Permission.USERS: msgid("Change users"),
}
"""Each thing that a role may or may not; what everybody may, and what only `wasl dev` has, is left out."""


class Change(NamedTuple):
    """What somebody gains and loses by another role, in English."""

    gains: Sequence[str]
    loses: Sequence[str]


def change(before: Role, after: Role) -> Change:
    """From one role to another."""
    had, has = PERMISSIONS[before], PERMISSIONS[after]
    return Change(
        [told for one, told in MAY.items() if one in has and one not in had], [told for one, told in MAY.items() if one in had - has]
    )
