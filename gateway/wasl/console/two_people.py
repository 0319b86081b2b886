"""Who may ask for an act on many messages, or for erasing somebody, and who may decide of what another one asked for: threats.md J."""

from collections.abc import Collection
from typing import Final

from wasl.acts_seen import ActKind, ActSeen
from wasl.config.console import ConsoleSection
from wasl.console.permissions import Permission, allowed
from wasl.users import Role, User

MOST_OF_SUPPORT: Final = 100
"""Messages of one act by somebody with the role support (threats.md section 4)."""


def takes_two(section: ConsoleSection, kind: ActKind, count: int) -> bool:
    """Whether somebody else must agree."""
    return section.erase == "two" if kind == "erase" else count > section.two_people_above


def may_do(user: User, kind: ActKind, count: int, *, dev: bool = False) -> bool:
    """Whether somebody's role allows it."""
    if kind == "erase":
        return allowed(user.role, Permission.DATA, dev=dev)
    return allowed(user.role, Permission.RESEND, dev=dev) and (user.role is not Role.SUPPORT or count <= MOST_OF_SUPPORT)


def sees_all(user: User, brands: Collection[str]) -> bool:
    """Whether they see every brand that an act is about."""
    return not user.brands or set(brands) <= set(user.brands)


def may_see(user: User, act: ActSeen, *, dev: bool = False) -> bool:
    """Whether an act is told to somebody: to who asked for it, and to those who might do it."""
    return sees_all(user, act.brands) and (act.by.id == user.id or may_do(user, act.kind, act.count, dev=dev))


def may_decide(user: User, act: ActSeen, *, dev: bool = False) -> bool:
    """Whether it is theirs to say yes or no: not to what they asked for themselves."""
    return act.state == "asked" and act.by.id != user.id and may_see(user, act, dev=dev)


def may_stop(user: User, act: ActSeen, *, dev: bool = False) -> bool:
    """Whether they may end what goes on: who asked may always. Erasing does not end in the middle."""
    return act.state == "going" and act.kind != "erase" and may_see(user, act, dev=dev)
