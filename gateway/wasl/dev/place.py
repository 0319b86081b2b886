"""Where `wasl dev` keeps its ledger, and by which address it is reached."""

import os
import socket
from contextlib import closing
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from wasl.errors import Unusable

FOLDER: Final = ".wasl"
_USUAL_PORT: Final = 8080


@dataclass(frozen=True, slots=True)
class Place:
    """The folder of the ledger, and where it listens. `port` is never 0."""

    folder: Path
    host: str
    port: int

    @property
    def url(self) -> str:
        """Under which a browser on this machine finds it."""
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::", "localhost") else self.host  # noqa: S104 - it is compared, not bound
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def database(self) -> Path:
        """The file of the ledger; its keys lie beside it."""
        return self.folder / "dev.db"

    @property
    def alone(self) -> bool:
        """Whether nobody but this machine can reach it."""
        return is_loopback(self.host)


def is_loopback(host: str) -> bool:
    """Whether it is a name or address of this machine alone."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def made(folder: Path) -> Path:
    """The folder, made where it is not there, and kept out of git.

    Raises:
        Unusable: it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise Unusable(f"{folder} cannot be written ({error.strerror}); start wasl dev in a folder where you may write.") from None
    return folder


def free_port(host: str, asked: int | None) -> int:
    """The port that was asked for, else the usual one, else, where something else has it, any that is free."""
    if asked is not None and asked != 0:
        return asked
    return next(found for port in ([_USUAL_PORT, 0] if asked is None else [0]) if (found := _bound(host, port)))


def _bound(host: str, port: int) -> int | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_STREAM)) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # one that has just ended does not count
        try:
            tried.bind((host, port))
        except OSError as error:
            if port == 0:
                raise Unusable(f"Cannot listen on {host}: {os.strerror(error.errno or 0)}.") from None
            return None
        return int(tried.getsockname()[1])
