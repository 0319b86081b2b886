"""`wasl user`, in this process."""

import asyncio
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.gateway.authenticator import enrolled
from wasl.api import Gateway
from wasl.cli import main

Ran = Callable[..., tuple[str, str]]
PASSWORD = "correct horse battery"


@pytest.fixture
def ran(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ran:
    """Runs `wasl user` with a text on stdin, and returns what went to stdout and stderr."""
    (folder / "wasl.toml").write_text(f'database = "sqlite:///{folder}/wasl.db"\n')
    monkeypatch.chdir(folder)

    def run(*words: str, given: str = "", code: int = 0) -> tuple[str, str]:
        monkeypatch.setattr(sys, "argv", ["wasl", "user", *words])
        monkeypatch.setattr(sys, "stdin", io.StringIO(given))
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        assert int(ended.value.code or 0) == code, err
        return out, err

    return run


def test_users_are_added_listed_changed_and_removed(ran: Ran) -> None:
    empty, added = ran("list"), ran("add", "ann", "--role", "support", given=f"{PASSWORD}\n")
    listed, told = ran("list"), json.loads(ran("list", "--json")[0])
    changed, renewed = ran("role", "ann", "viewer"), ran("password", "ann", given="another password\n")
    removed, after = ran("remove", "ann"), ran("list", "--json")

    assert "wasl user add" in empty[1]
    assert "may sign in as support" in added[0]
    assert "support" in listed[0]
    assert [(user["name"], user["role"], user["brands"]) for user in told] == [("ann", "support", [])]
    assert "viewer" in changed[0]
    assert "signs in anew" in renewed[0]
    assert "cannot sign in" in removed[0]
    assert json.loads(after[0]) == []


@pytest.mark.parametrize(
    ("words", "given", "said"),
    [
        (("add", "ann", "--role", "admin"), "short\n", "The password must have 12 to 256 characters"),
        (("add", "ann", "--role", "boss"), f"{PASSWORD}\n", "The role must be one of"),
        (("add", "ann", "--role", "admin", "--brand", "nope"), f"{PASSWORD}\n", "--brand is not a brand"),
    ],
)
def test_what_is_refused_is_named_as_on_the_command_line(ran: Ran, words: tuple[str, ...], given: str, said: str) -> None:
    assert said in ran(*words, given=given, code=2)[1]


def test_an_unknown_user_is_not_found(ran: Ran) -> None:
    assert "wasl user list" in ran("remove", "nobody", code=1)[1]


def test_a_password_is_never_an_argument(ran: Ran) -> None:
    assert "--password" not in ran("add", "--help")[0]


def test_whoever_lost_their_phone_is_helped_at_the_command_line(ran: Ran, folder: Path) -> None:
    async def enrol() -> None:
        async with Gateway.from_config(worker=False) as gateway:
            await enrolled(gateway, await gateway.user("ann"))

    ran("add", "ann", "--role", "admin", given=f"{PASSWORD}\n")
    before = json.loads(ran("list", "--json")[0])[0]
    asyncio.run(enrol())
    listed, row = ran("list")[0], json.loads(ran("list", "--json")[0])[0]
    told, again = ran("reset-factor", "ann"), ran("reset-factor", "ann", code=1)
    nobody, last = ran("reset-factor", "nobody", code=1), ran("remove", "ann", code=1)

    assert (before["second_factor"], before["signed_in_at"]) == (False, None)
    assert row["second_factor"] is True
    assert row["signed_in_at"] is not None
    assert "yes" in listed
    assert "by password alone" in told[0]
    assert "has no second factor" in again[1]
    assert "wasl user list" in nobody[1]
    assert "Add another admin first" in last[1]
