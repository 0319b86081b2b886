"""What is in order is not complained of: also after a restore, after replays, and while the ledger is just a file."""

from pathlib import Path

import pytest

from tests.gateway.scripted import world
from tests.gateway.verifying.shop import Kept, Witness, settled, shop, written
from wasl.api import Gateway
from wasl.errors import Unusable
from wasl.ledger.callbacks import Arrival
from wasl.verifying import Evidence, verify
from wasl_contracts import State


async def test_a_healthy_ledger_has_no_findings(kept: Kept) -> None:
    accepted = written(kept.folder / "accepted", list(kept.ids.values()))

    report = await kept.found(sinks=(kept.sink(),), accepted=accepted)

    assert (report.findings, report.messages) == ([], len(kept.ids))
    assert report.deliveries > report.messages
    assert report.attempts == len(kept.sends)


async def test_replays_are_lives_of_their_own(kept: Kept) -> None:
    witness = Witness()  # whose providers begin anew with their answers: what failed fails once more, and then is taken
    specs = shop(kept.folder, witness)
    async with Gateway(specs, world=world()) as gateway:
        for _ in range(2):
            await gateway.retry(kept.ids["refused"])
            await gateway.retry(kept.ids["offered"], possible_duplicate=True)
            await settled(gateway, kept.ids["refused"])
            await settled(gateway, kept.ids["offered"])
        states = [(await gateway.get(kept.ids[name])).state for name in ("refused", "offered")]
        found = (await verify(specs, Evidence(sinks=(kept.sink(kept.sends + witness.sends),)))).findings

    assert states == [State.SENT, State.SENT]
    assert found == []


async def test_what_is_held_after_a_restore_is_in_order(kept: Kept) -> None:
    specs = shop(kept.folder, Witness())
    async with Gateway(specs, world=world(), after_restore=True) as gateway:
        held = await verify(specs)
        await gateway.retry(kept.ids["hanging"], possible_duplicate=True)
        await gateway.retry(kept.ids["waiting"])
        await settled(gateway, kept.ids["hanging"])
        released = await verify(specs)

    assert (held.findings, released.findings) == ([], [])


async def test_it_reads_a_ledger_that_nobody_has_open_and_writes_nothing(kept: Kept) -> None:
    file = kept.folder / "wasl.db"
    before = file.read_bytes()

    assert (await kept.found()).findings == []

    assert file.read_bytes() == before


async def test_where_there_is_no_ledger_yet_it_says_so_and_makes_none(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()

    with pytest.raises(Unusable, match="nothing to check"):
        await verify(shop(tmp_path, Witness()))

    assert not (tmp_path / "wasl.db").exists()


async def test_callbacks_that_did_nothing_yet_are_remarks(kept: Kept) -> None:
    async with Gateway(shop(kept.folder, Witness()), world=world()) as gateway:
        for name in ("unparsed", "quarantine"):
            await gateway._open.receipts.callbacks.put(Arrival(f"cbk_{name}", "mail", 1, b"", name, state=name))  # type: ignore[arg-type]

    report = await kept.found()

    assert report.findings == []
    assert [remark.partition(";")[0] for remark in report.remarks] == [
        "1 callback(s) of mail did nothing yet: quarantine",
        "1 callback(s) of mail did nothing yet: unparsed",
    ]
