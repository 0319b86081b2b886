"""`wasl approvals`, in this process."""

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from wasl.acts_seen import Aim
from wasl.api import Gateway
from wasl.audited import Action, Actor, AuditFilters
from wasl.cli import main

Ran = Callable[..., tuple[str, str]]


@pytest.fixture
def ran(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ran:
    """Runs `wasl approvals`, and returns what went to stdout and stderr."""
    (folder / "wasl.toml").write_text(f'database = "sqlite:///{folder}/wasl.db"\n')
    monkeypatch.chdir(folder)

    def run(*words: str, code: int = 0) -> tuple[str, str]:
        monkeypatch.setattr(sys, "argv", ["wasl", "approvals", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        assert int(ended.value.code or 0) == code, err
        return out, err

    return run


async def _asked() -> str:
    async with Gateway.from_config(worker=False) as gateway:
        bob = await gateway.add_user("bob", "correct horse battery", "operator")
        await gateway.add_user("eve", "correct horse battery", "operator")
        await gateway.add_user("sue", "correct horse battery", "support")
        hands = gateway.by(Actor("user", bob.id, bob.name, bob.role), "ticket 4711")
        aim = Aim(query="is:failed", until=gateway.now(), brands=("default",))
        return (await hands.ask_act("retry", aim, 1234, second=True)).id


async def _audited(action: Action) -> list[tuple[str, str, object]]:
    async with Gateway.from_config(worker=False) as gateway:
        page, users = await gateway.audited(AuditFilters(action=action)), {one.id: one.name for one in await gateway.users()}
        return [(one.actor.kind, one.reason, users.get(str(one.facts.get("approver", one.facts.get("refuser"))))) for one in page.data]


def test_what_waits_is_listed_and_approved_by_a_named_person_who_may(ran: Ran) -> None:
    act = asyncio.run(_asked())

    listed = ran("list")
    told = json.loads(ran("list", "--json")[0])
    own = ran("approve", act, "--as", "bob", code=1)
    support = ran("approve", act, "--as", "sue", code=1)
    nobody = ran("approve", act, "--as", "nobody", code=1)
    done = ran("approve", act, "--as", "eve")
    late = ran("approve", act, "--as", "eve", code=1)

    assert act in listed[0]
    assert [(one["id"], one["count"], "aim" in one) for one in told] == [(act, 1234, False)]
    assert [("not theirs" in one[1]) for one in (own, support, late)] == [True, True, True]
    assert "wasl user list" in nobody[1]
    assert "approved as eve" in done[0]
    assert "Nothing waits" in ran("list")[1]
    assert act in ran("list", "--all")[0]
    assert asyncio.run(_audited(Action.ACT_APPROVED)) == [("cli", "", "eve")]


def test_a_no_has_a_reason(ran: Ran) -> None:
    act = asyncio.run(_asked())

    ran("refuse", act, "--as", "eve", code=2)
    ran("refuse", act, "--as", "eve", "--reason", "wrong query")

    assert asyncio.run(_audited(Action.ACT_REFUSED)) == [("cli", "wrong query", "eve")]
    assert "no such act" in ran("refuse", "act_0", "--as", "eve", "--reason", "x", code=1)[1]
