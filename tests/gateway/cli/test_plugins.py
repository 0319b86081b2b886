"""`wasl plugin new|check|list` as a plugin author meets them."""

import json
from pathlib import Path

from tests.gateway.cli.conftest import Shell


def test_a_new_plugin_says_what_is_next(wasl: Shell) -> None:
    made = wasl("plugin", "new", "printer", "--kind", "local")

    assert (made.returncode, len(made.stdout.splitlines())) == (0, 7), made.stderr
    assert all((wasl.folder / line).is_file() for line in made.stdout.splitlines())
    assert "wasl plugin check wasl-printer" in made.stderr


def test_a_plugin_that_fails_its_kit_ends_with_1_and_the_check_that_failed(wasl: Shell) -> None:
    wasl("plugin", "new", "printer", "--kind", "local")
    source = wasl.folder / "wasl-printer" / "wasl_printer" / "__init__.py"
    source.write_text(
        source.read_text("utf-8")
        .replace("max_characters=4000", "max_characters=4000, timeout_seconds=1")
        .replace("raise Rejected", "print"),
        encoding="utf-8",
    )

    judged = wasl("plugin", "check", "wasl-printer", "--json")

    report = json.loads(judged.stdout)
    assert (judged.returncode, report["tier"], report["claims"]) == (1, "listed", "bronze")
    contract = next(one for one in report["findings"] if one["rule"] == "contract")
    assert contract["verdict"] == "unmet"
    assert contract["evidence"].startswith("test_text_that_is_too_long_is_refused_before_sending: text over max_characters ended receipt;")


def test_what_cannot_be_checked_or_made_is_told(wasl: Shell) -> None:
    (wasl.folder / "empty").mkdir()

    assert [(ran.returncode, ran.stderr) for ran in (wasl("plugin", "check", "nowhere"), wasl("plugin", "check", "empty"))] == [
        (3, "There is no folder nowhere, and no plugin of that name is installed; wasl plugin list tells which are.\n"),
        (3, f"{wasl.folder / 'empty'} has no pyproject.toml; name the folder of a plugin, or make one: wasl plugin new NAME\n"),
    ]
    named = wasl("plugin", "new", "My-Pager")
    assert (named.returncode, named.stdout) == (3, "")
    assert "like my_pager" in named.stderr


def test_files_of_the_folder_that_is_configured_are_listed_with_the_reason_why_one_fails(wasl: Shell) -> None:
    wasl.config('plugins = "channels"\n')
    (wasl.folder / "channels").mkdir()
    (wasl.folder / "channels" / "pager.py").write_text("import sys\n1 / 0\n")

    listed = {plugin["name"]: plugin for plugin in json.loads(wasl("plugin", "list", "--json").stdout)}

    assert listed["pager"]["broken"] == "channels/pager.py:2: ZeroDivisionError: division by zero"
    assert (listed["twilio"]["api"], listed["twilio"]["capabilities"]["receipts"]) == ("1", True)
    assert Path(listed["pager"]["distribution"]) == Path("channels/pager.py")
