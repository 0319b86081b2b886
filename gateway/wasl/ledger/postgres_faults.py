"""What a failure of PostgreSQL means: for a caller, and for whoever configured it. Never the URL, whose password nobody may see."""

import socket
import ssl
from typing import NamedTuple
from urllib.parse import urlsplit

import asyncpg

from wasl.config.mistakes import printable
from wasl.errors import LedgerUnavailable, StorageLow, Unusable
from wasl.ledger.port import Collision

OUTAGES = (
    LedgerUnavailable, asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.InternalClientError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError, asyncpg.CannotConnectNowError, asyncpg.OperatorInterventionError, asyncpg.TooManyConnectionsError,
    asyncpg.ReadOnlySQLTransactionError, OSError, TimeoutError,
)  # fmt: skip
_COLLISIONS = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.LockNotAvailableError)
_KEY = "messages_by_idempotency_key"  # another process took the same key meanwhile; seen at the next try
_REFUSED = "Connect call failed"  # of asyncio, where a host has several addresses and none of them takes the connection


class WithoutTls(ConnectionError):
    """The server has no TLS, and the URL demands it."""


class Foreign(ConnectionError):
    """What answers is not PostgreSQL."""


class Cause(NamedTuple):
    """What is wrong, as the end of a sentence, and how to mend it."""

    said: str
    fix: str

    def unusable(self, url: str) -> Unusable:
        """Why a process cannot start."""
        return Unusable(f"The PostgreSQL database{place(url)} cannot be used: {self.said}. {self.fix}")


_CAUSES: tuple[tuple[type[BaseException], Cause], ...] = (
    (WithoutTls, Cause("it has no TLS, which sslmode demands", "Switch TLS on there, or change sslmode in `database` of wasl.toml.")),
    (Foreign, Cause("what answers there is not PostgreSQL", "Correct host and port in `database` of wasl.toml.")),
    (
        ssl.SSLError,
        Cause("TLS with it failed, as where its certificate is not trusted", "Correct sslmode or sslrootcert in `database` of wasl.toml."),
    ),
    (socket.gaierror, Cause("its host is not known", "Correct the host in `database` of wasl.toml, or mend the name service.")),
    (
        asyncpg.InvalidPasswordError,
        Cause("its role or password is refused", "Correct the role and the password in `database` of wasl.toml."),
    ),
    (
        asyncpg.InvalidAuthorizationSpecificationError,
        Cause(
            "the role is not there, or may not log in from here",
            "Correct the role in `database` of wasl.toml, make it with CREATE ROLE, or let it in by pg_hba.conf.",
        ),
    ),
    (
        asyncpg.InvalidCatalogNameError,
        Cause("there is no database of that name", "Make it with createdb, or correct the name in `database` of wasl.toml."),
    ),
    (asyncpg.CannotConnectNowError, Cause("it is starting up or shutting down", "Try again in a few seconds.")),
    (
        asyncpg.TooManyConnectionsError,
        Cause("it has no connection left to give", "Raise max_connections there, or end some of its clients."),
    ),
    (
        asyncpg.ReadOnlySQLTransactionError,
        Cause(
            "it is read-only, so nothing can be kept",
            "Let `database` in wasl.toml name the primary, or switch default_transaction_read_only off.",
        ),
    ),
    (
        asyncpg.InsufficientPrivilegeError,
        Cause(
            "the role lacks rights on it",
            "Grant it SELECT, INSERT, UPDATE and DELETE on wasl's tables (and CREATE for wasl migrate up), or name their owner.",
        ),
    ),
    (
        asyncpg.UndefinedTableError,
        Cause("a table is missing", "Its schema is not what this wasl needs: restore it from a backup, or see wasl migrate status."),
    ),
    (
        asyncpg.UndefinedColumnError,
        Cause("a column is missing", "Its schema is not what this wasl needs: restore it from a backup, or see wasl migrate status."),
    ),
    (
        asyncpg.UndefinedObjectError,
        Cause("it does not know a setting in the URL", "Leave out what stands behind the ? in `database` of wasl.toml."),
    ),
    (
        ConnectionRefusedError,
        Cause("nothing listens at its host and port", "Start it, or correct host and port in `database` of wasl.toml."),
    ),
    (TimeoutError, Cause("it does not answer", "Correct host and port in `database` of wasl.toml, or let the network through to it.")),
    (FileNotFoundError, Cause("a file or socket that its URL names is not there", "Correct `database` in wasl.toml.")),
    (asyncpg.QueryCanceledError, Cause("it took too long to answer", "Try again in a few seconds.")),
    (asyncpg.OperatorInterventionError, Cause("it ended the connection", "Try again in a few seconds.")),
)
_PERMANENT = (asyncpg.InsufficientPrivilegeError, asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError)
_TRANSIENT = Cause("the connection to it was lost", "Try again in a few seconds.")


def cause(error: BaseException) -> Cause:
    """Why the database cannot be used, by the kind of failure."""
    found, seen = _told(error), {id(error)}
    # SQLAlchemy wraps what asyncpg raised, and the engine what that means. asyncpg raises one lost connection again and again, so that
    # in the end it may be the cause of its own cause.
    while found is None and error.__cause__ is not None and id(error.__cause__) not in seen:
        error = error.__cause__
        seen.add(id(error))
        found = _told(error)
    if found is None and isinstance(error, asyncpg.PostgresError) and not isinstance(error, OUTAGES):
        return Cause(f"it refuses with SQLSTATE {error.sqlstate}", "See its log; check `database` in wasl.toml.")
    return found or _TRANSIENT


def _told(error: BaseException) -> Cause | None:
    if isinstance(error, OSError) and _REFUSED in str(error):
        error = ConnectionRefusedError()
    return next((told for kind, told in _CAUSES if isinstance(error, kind)), None)


def translated(error: Exception) -> Exception:
    """What a failure means for a caller; a fault of the statement or its values as it is."""
    if isinstance(error, _COLLISIONS) or (isinstance(error, asyncpg.UniqueViolationError) and error.constraint_name == _KEY):
        return Collision(type(error).__name__)
    if isinstance(error, asyncpg.DiskFullError):
        return StorageLow("The disk of the database is full.")
    why = cause(error)
    if isinstance(error, _PERMANENT):
        return Unusable(f"The PostgreSQL database cannot be used: {why.said}. {why.fix}")
    if isinstance(error, asyncpg.ReadOnlySQLTransactionError):
        return LedgerUnavailable(f"The database cannot be written: {why.said}.", suggested_action=f"{why.fix} Then send again.")
    if isinstance(error, OUTAGES) and not isinstance(error, LedgerUnavailable):
        return LedgerUnavailable(f"The database could not be reached: {why.said}.")
    return error


def place(url: str) -> str:
    """Host, port, database and role of a URL, for a sentence; nothing where a password could be taken for one of them."""
    try:
        parts = urlsplit(url)
        port = parts.port or 5432
    except ValueError:
        return ""
    if any("@" in part for part in (parts.path, parts.query, parts.fragment)):
        return ""
    role = f" as {parts.username}" if parts.username else ""
    return printable(f" {parts.path.strip('/')} at {parts.hostname or 'localhost'}:{port}{role}".replace("  ", " "))
