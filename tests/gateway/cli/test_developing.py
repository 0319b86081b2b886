"""`wasl dev` as a command: one line, no configuration, and a message is there."""

import shlex
import subprocess
import time

from tests.gateway.cli.conftest import Shell


def test_one_command_without_any_configuration_sends_a_message_and_prints_the_consoles_url(wasl: Shell) -> None:
    running = wasl.start("dev", "--port", "0", "--chaos", "0")
    assert running.stdout is not None
    told: dict[str, str] = {}
    while "console" not in told:
        line = running.stdout.readline()
        assert line, running.communicate()
        told[line[:8].strip()] = line[8:].strip()

    sent = subprocess.run([*shlex.split(told["try it"]), "--silent", "--show-error"], capture_output=True, text=True, check=True)
    listed = _inbox(told)
    ended = wasl.stop(running, 2)  # Ctrl-C

    assert '"state":"accepted"' in sent.stdout
    assert "It works" in listed
    assert "Order 1042 left our store." in listed
    assert told["console"].startswith("http://127.0.0.1:")
    assert "Nothing leaves this machine" in ended.stderr
    assert ended.returncode == 0
    assert [*wasl.folder.iterdir()] == []  # nothing is left behind


def test_a_configuration_with_mistakes_is_told_with_file_line_and_column(wasl: Shell) -> None:
    wasl.config('[topics.orders]\ncategory = "transactonal"\n')

    ended = wasl("dev", "--port", "0")

    assert ended.returncode == 3
    assert ended.stderr.startswith("wasl.toml:2:1: topics.orders.category: ")


def _inbox(told: dict[str, str]) -> str:
    key = next(word for word in shlex.split(told["try it"]) if word.startswith("Authorization"))
    for _ in range(100):
        asked = ["curl", "--silent", "-H", key, f"{told['inbox']}.json"]
        found = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
        if "1042" in found:
            return found
        time.sleep(0.05)
    raise AssertionError(found)
