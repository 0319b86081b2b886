import asyncio
from pathlib import Path

import pytest

from wasl.api import Gateway
from wasl.config.mistakes import ConfigMistakes
from wasl.errors import Unusable

CONFIG = '[providers.screen]\nplugin = "log"\n'
TO = {"id": "u_1", "addresses": [{"channel": "log", "kind": "any", "value": "ann"}]}


async def test_a_gateway_that_opened_second_sends_when_the_first_has_ended(tmp_path: Path) -> None:
    (tmp_path / "wasl.toml").write_text(CONFIG)
    first = await Gateway.from_config(tmp_path / "wasl.toml", environ={}).__aenter__()

    async with Gateway.from_config(tmp_path / "wasl.toml", environ={}) as second:
        waits = second.sends
        await first.__aexit__(None, None, None)
        message = await second.send(to=TO, content={"body": "hello"})
        seen = await second.wait(message.id, timeout=5)

        assert not waits
        assert second.sends
        assert seen.state == "sent"


async def test_of_two_gateways_only_one_sends(tmp_path: Path) -> None:
    (tmp_path / "wasl.toml").write_text(CONFIG)
    config = tmp_path / "wasl.toml"

    async with Gateway.from_config(config, environ={}) as one, Gateway.from_config(config, environ={}) as two:
        ids = [(await gateway.send(to=TO, content={"body": "hello"})).id for gateway in (one, two) for _ in range(20)]
        seen = await asyncio.gather(*(one.wait(message_id) for message_id in ids))

        assert [one.sends, two.sends] == [True, False]
        assert [len(message.deliveries[0].attempts) for message in seen] == [1] * 40


async def test_a_relative_database_lies_beside_its_configuration(tmp_path: Path) -> None:
    (tmp_path / "wasl.toml").write_text('database = "sqlite:///kept.db"\n' + CONFIG)

    async with Gateway.from_config(tmp_path / "wasl.toml", environ={}):
        pass

    assert (tmp_path / "kept.db").is_file()
    assert (tmp_path / "kept.db.keys").stat().st_mode & 0o777 == 0o600


async def test_without_its_key_ring_a_used_database_is_not_opened_and_no_other_ring_is_made(tmp_path: Path) -> None:
    (tmp_path / "wasl.toml").write_text(CONFIG)
    async with Gateway.from_config(tmp_path / "wasl.toml", environ={}):
        pass
    (tmp_path / "wasl.db.keys").unlink()

    with pytest.raises(Unusable, match=r"wasl\.db\.keys is missing.*restore it"):
        await Gateway.from_config(tmp_path / "wasl.toml", environ={}).__aenter__()

    assert not (tmp_path / "wasl.db.keys").exists()


def test_a_file_where_the_templates_folder_should_be_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "wasl.toml").write_text(CONFIG)
    (tmp_path / "templates").write_text("")

    with pytest.raises(ConfigMistakes, match="templates: there is no such folder"):
        Gateway.from_config(tmp_path / "wasl.toml", environ={})
