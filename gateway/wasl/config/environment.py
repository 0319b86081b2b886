"""Settings from environment variables: WASL_SERVER__PORT=9000 overrides port in [server]; two underscores go one table down."""

import re
import tomllib
from collections.abc import Collection, Mapping

from wasl.config.mistakes import Mistake, Source, closest
from wasl.config.positions import Key
from wasl.config.references import Resolved

_PREFIX = "WASL_"
_LIKELY_TYPO = 0.75
_OTHERS = re.compile(
    r"WASL_(KEYS|API_KEY|URL|LOG\w*|TEST_\w+|LOAD_\w+)$"  # read elsewhere, by wasl or its tests
    r"|WASL_(\w+_)?(SERVICE_(HOST|PORT)\w*|PORT|PORT_\d+_\w+)$"  # made by Kubernetes for each service
)


def overridden(
    tree: dict[str, object], source: Source, environ: Mapping[str, str], known: Collection[str]
) -> tuple[dict[str, object], Source]:
    """The tree with the environment's settings put over it, and where each now comes from.

    `known` are the settings at the top; variables of other names are not ours. An empty variable counts as not set. A value in
    brackets or braces is read as TOML (`["mail"]`), any other one as text. In a name, `_` also stands for `-`.
    """
    variables: dict[Key, str] = {}
    for variable, value in sorted(environ.items()):
        way = variable.removeprefix(_PREFIX).split("__")
        if value and variable.startswith(_PREFIX) and way[0].lower() in known and all(way):
            key, tree = _put(tree, way, _value(value))
            variables[key] = variable
    places = {key: at for key, at in source.places.items() if not any(key[: len(over)] == over for over in variables)}
    return tree, Source(source.file, places, variables)


def typos(variables: Collection[str], known: Collection[str]) -> list[Mistake]:
    """Variables that look like ours and do nothing, for warnings; not those that Kubernetes makes for services named wasl."""
    found = []
    for variable in sorted(name for name in variables if name.startswith(_PREFIX)):
        first = variable.removeprefix(_PREFIX).split("__")[0]
        if first.lower() not in known and (meant := _meant(first.lower(), known)):
            suggestion = variable.replace(first, meant.upper(), 1)
            found.append(_ignored(variable, suggestion))
        elif first.lower() not in known and not _OTHERS.match(variable):
            found.append(_ignored(variable))
    return found


def _ignored(variable: str, suggestion: str | None = None) -> Mistake:
    return Mistake(f"environment {variable}", None, None, "", "is not a setting of wasl, so it is ignored", suggestion)


def _meant(name: str, known: Collection[str]) -> str | None:
    table = next((table for table in known if name.startswith(f"{table}_")), None)
    return f"{table}__{name.removeprefix(f'{table}_')}" if table else closest(name, known, _LIKELY_TYPO)


def _put(tree: dict[str, object], way: list[str], value: object) -> tuple[Key, dict[str, object]]:
    name = next((name for name in tree if _plain(name) == _plain(way[0])), way[0].lower())
    if len(way) == 1:
        return (name,), {**tree, name: value}
    inner = tree.get(name)
    key, inner = _put(inner if isinstance(inner, dict) else {}, way[1:], value)
    return (name, *key), {**tree, name: inner}


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")


def _value(text: str) -> object:
    if text[0] in "[{":
        try:
            found = tomllib.loads(f"value = {text}")
        except (tomllib.TOMLDecodeError, RecursionError):
            return Resolved(text)
        if len(found) == 1:
            return found["value"]
    return Resolved(text)
