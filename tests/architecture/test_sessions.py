"""Whoever asks over HTTP is named here: a URL that a caller gives is asked by the guarded client alone (threats.md G)."""

import ast
from pathlib import Path

from tests.architecture.members import MEMBERS, ROOT, sources

ASKERS = {
    "gateway/wasl/outbound/client.py": "the guarded client",
    "gateway/wasl/sessions.py": "the sessions of the plugins, which go to their providers, or are guarded",
    "gateway/wasl/client/asynchronous.py": "the client of wasl's own API",
    "gateway/wasl/checkup.py": "`wasl doctor`, which asks the server that the configuration names",
}
_MAKES_CONNECTIONS = {
    "ClientSession",
    "TCPConnector",
    "open_connection",
    "create_connection",
    "urlopen",
    "HTTPConnection",
    "HTTPSConnection",
}
_OWN = (
    "plugins/smtp/",  # it speaks with the server that the configuration names, over plain streams
    "plugins/apns/",  # Apple speaks HTTP/2 alone; it calls the server that the configuration names
    "contracts/wasl_contracts/conformance/",  # the contract kit stands before its own fakes
)
_HARMLESS = {"url2pathname"}
_OTHERS = {"requests", "httpx", "httpx2", "httpcore2", "urllib3", "http.client", "urllib.request", "ftplib", "telnetlib"}


def connects(path: Path) -> bool:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and _name(node.func) in _MAKES_CONNECTIONS:
            return True
        if isinstance(node, ast.Import) and any(alias.name in _OTHERS for alias in node.names):
            return True
        if isinstance(node, ast.ImportFrom) and node.module in _OTHERS and any(alias.name not in _HARMLESS for alias in node.names):
            return True
    return False


def _name(called: ast.expr) -> str:
    return called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""


def test_nobody_else_makes_connections() -> None:
    found = {str(path.relative_to(ROOT)) for member in MEMBERS for path in sources(member) if connects(path)}

    assert {path for path in found if not path.startswith(_OWN)} == set(ASKERS)
