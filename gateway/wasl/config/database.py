"""What `database` in wasl.toml may say: a SQLite file, or the URL of a PostgreSQL database with what its driver understands."""

import re
from typing import Annotated
from urllib.parse import parse_qsl

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from wasl.config.mistakes import Findings, closest, listed
from wasl.config.references import Resolved

_PASSWORD_IN_URL = re.compile(r"://[^/@]*:[^/@]+@")
_PARAMETERS = (
    "host", "port", "dbname", "database", "user", "password", "passfile", "service", "sslmode", "sslcert", "sslkey", "sslrootcert",
    "sslcrl", "sslpassword", "sslnegotiation", "ssl_min_protocol_version", "ssl_max_protocol_version", "target_session_attrs", "krbsrvname",
    "gsslib", "search_path", "options",
)  # fmt: skip
"""Those of asyncpg, and the settings of a session that make sense here: any other one PostgreSQL would refuse when it connects."""
_SHOWN = ("sslmode", "sslrootcert", "target_session_attrs", "search_path")


def _database(url: str) -> str:
    if not re.match(r"(sqlite|postgres(ql)?)(\+\w+)?:", url):
        raise PydanticCustomError("bad_database", "should be sqlite:///FILE or postgresql://…")
    written, _, query = url.partition("?")
    if url.startswith("sqlite"):
        _check_file(written, query)
    elif "@" in query:
        raise PydanticCustomError("bad_database", "has a ? before its host; in a password, write %3F for it")
    else:
        _check_parameters([name for name, _ in parse_qsl(query, keep_blank_values=True)])
    return url


def _check_file(written: str, query: str) -> None:
    if ":memory:" in written:
        raise PydanticCustomError("bad_database", "names no file, so nothing would be kept; write sqlite:///wasl.db")
    if query:
        raise PydanticCustomError("bad_database", "has parameters after a ?, and a SQLite file takes none; leave them out")


def _check_parameters(names: list[str]) -> None:
    for name in names:
        if name not in _PARAMETERS:
            shown = name if re.fullmatch(r"[a-z_]{1,40}", name) else "of another form"
            near = closest(name, _PARAMETERS)
            meant = f"did you mean {near}?" if near else f"leave it out, or use one like {listed(_SHOWN)}"
            raise PydanticCustomError("bad_database", "has an unknown parameter {shown}; {meant}", {"shown": shown, "meant": meant})


Database = Annotated[str, AfterValidator(_database)]


def warn_of_password(database: object, findings: Findings) -> None:
    """Warn where the file holds the password in clear."""
    if isinstance(database, str) and not isinstance(database, Resolved) and _PASSWORD_IN_URL.search(database):
        findings.warn(("database",), 'has its password in the file; write database = { env = "NAME" }')
