"""Commands that look and administer: they make no schema, and work where durability is weak."""

import shutil
from pathlib import Path

import pytest

import wasl.ledger.sqlite as engine
from wasl.api import Gateway
from wasl.checkup import examine
from wasl.cli.gateways import administering, looking
from wasl.errors import Unusable


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "wasl.toml").write_text('[providers.screen]\nplugin = "log"\n')
    return tmp_path / "wasl.toml"


async def test_what_only_looks_makes_no_database(config: Path) -> None:
    with pytest.raises(Unusable, match="no database yet"):
        await looking(config, lambda gateway: gateway.list())

    assert not (config.parent / "wasl.db").exists()


async def test_where_durability_is_weak_commands_work_and_doctor_tells(
    config: Path, fresh_ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("wasl.db", "wasl.db.keys"):
        shutil.copy(fresh_ledger / name, config.parent / name)
    monkeypatch.setattr(engine, "_PRAGMAS", ("PRAGMA journal_mode=WAL", "PRAGMA synchronous=NORMAL"))

    page = await looking(config, lambda gateway: gateway.list())
    resumed = await administering(config, lambda gateway: gateway.resume_provider("screen"))
    findings = {finding.what: finding for finding in await examine(config)}

    assert page.data == ()
    assert [provider.name for provider in resumed.data] == ["screen"]
    assert not findings["database"].ok
    assert "--unsafe-durability" in findings["database"].said
    with pytest.raises(Unusable, match="--unsafe-durability"):
        await Gateway.from_config(config, environ={}).__aenter__()


def test_a_missing_choice_is_told_by_its_option(told):
    code, err = told("messages", "retry", "--yes")

    assert code == 2
    assert "--state is missing" in err
