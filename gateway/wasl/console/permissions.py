"""Who may do what in the console: one table, which every page's permission is looked up in."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from wasl.users import Role

__all__ = ["FRESH", "FRESH_FOR", "PERMISSIONS", "Permission", "Role", "allowed", "fresh"]


class Permission(StrEnum):
    """What a page needs. NOBODY is for pages that somebody sees who is not signed in, OWN for everybody's own settings."""

    NOBODY = "nobody"
    OWN = "own"
    SEE = "see"
    """Messages and people, with addresses and contents masked."""
    REVEAL = "reveal"
    """One content or address in clear, with a reason."""
    RESEND = "resend"
    """Retry, send again, send by another channel, cancel."""
    SUPPRESS = "suppress"
    UNSUPPRESS = "unsuppress"
    PROVIDERS = "providers"
    """Pause, resume, test and reset."""
    EXPORT = "export"
    DATA = "data"
    """All that is stored of a person: a copy for them in clear, and erasing it."""
    TEMPLATES = "templates"
    """See templates and brands."""
    USERS = "users"
    AUDIT = "audit"
    """See the audit: support and operators what they did themselves, the others all."""
    REPORTS = "reports"
    SETUP = "setup"
    DEV = "dev"
    """The dev inbox and its faults; only where nothing leaves the machine."""


_SUPPORT = {
    Permission.SEE,
    Permission.REVEAL,
    Permission.RESEND,
    Permission.SUPPRESS,
    Permission.UNSUPPRESS,
    Permission.EXPORT,
    Permission.TEMPLATES,
    Permission.AUDIT,
    Permission.REPORTS,
}
_TABLE: Mapping[Role, frozenset[Permission]] = {  # threats.md section 4
    Role.VIEWER: frozenset({Permission.SEE, Permission.REPORTS}),
    Role.SUPPORT: frozenset(_SUPPORT),
    Role.OPERATOR: frozenset(_SUPPORT - {Permission.REVEAL} | {Permission.PROVIDERS, Permission.SETUP, Permission.DEV}),
    Role.DEVELOPER: frozenset({Permission.TEMPLATES, Permission.SETUP, Permission.DEV}),
    Role.ADMIN: frozenset(Permission),
    Role.AUDITOR: frozenset({Permission.SEE, Permission.AUDIT, Permission.REPORTS}),
}
PERMISSIONS: Mapping[Role, frozenset[Permission]] = {role: may | {Permission.NOBODY, Permission.OWN} for role, may in _TABLE.items()}
"""What each role may."""
FRESH: Final = frozenset({Permission.USERS})
"""What changes who may do what: it needs a second factor that was proved within FRESH_FOR (threats.md section 4), so that an open browser
is not enough."""
FRESH_FOR: Final = timedelta(minutes=10)
_IN_DEV = frozenset(Permission) - {Permission.USERS, Permission.AUDIT}


def allowed(role: Role, permission: Permission, *, dev: bool = False) -> bool:
    """Whether a role may do this. Developers see messages only where they are made up: under `wasl dev`, where DEV exists at all."""
    if permission is Permission.DEV and not dev:
        return False
    return permission in PERMISSIONS[role] or (dev and role is Role.DEVELOPER and permission in _IN_DEV)


def fresh(permission: Permission, proved_at: datetime | None, now: datetime, *, dev: bool = False) -> bool:
    """Whether somebody who proved a second factor then is believed to be there now. `wasl dev` signs in by itself, and asks for none."""
    return permission not in FRESH or dev or (proved_at is not None and now - proved_at < FRESH_FOR)
