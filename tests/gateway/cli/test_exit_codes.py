"""Bad input and faults: one clear sentence with the fix, the documented exit code, and never a traceback."""

import socket
import sqlite3
from pathlib import Path

import pytest


def ended(result, code: int, *words: str) -> None:
    assert result.returncode == code, result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    for word in words:
        assert word in result.stderr


def test_help_documents_the_exit_codes(wasl):
    result = wasl("--help")

    assert result.returncode == 0
    for code in ("0 ok", "1 failed", "2 usage", "3 the configuration", "4 partly sent", "5 withheld", "130"):
        assert code in " ".join(result.stdout.split())


def test_an_unknown_option_is_a_usage_error(wasl):
    ended(wasl("send", "--too", "x"), 2, "--too")


def test_every_configuration_mistake_is_told_with_its_place(wasl):
    wasl.config('databse = "sqlite:///wasl.db"\n[server]\nport = "x"\n')

    ended(wasl("serve"), 3, "wasl.toml:1:1: databse", "did you mean 'database'?", "wasl.toml:3:1: server.port")


def test_a_configuration_file_that_is_not_there_is_told(told):
    code, err = told("serve", "--config", "nope.toml")

    assert code == 3
    assert "nope.toml" in err
    assert "wasl init" in err


def test_a_plugin_that_is_not_installed_is_told_with_the_command(shop, told):
    shop.config('[providers.p]\nplugin = "pigeon"\n')

    code, err = told("serve")

    assert code == 3
    assert "pigeon is not installed" in err
    assert "pip install wasl-pigeon" in err


def test_a_plugin_that_fails_to_import_is_told(wasl):
    package, metadata = wasl.folder / "path", wasl.folder / "path" / "wasl_broken-1.dist-info"
    metadata.mkdir(parents=True)
    (package / "wasl_broken.py").write_text("import nowhere_to_be_found\n")
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: wasl-broken\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text("[wasl.providers]\nbroken = wasl_broken:Broken\n")
    wasl.config('[providers.p]\nplugin = "broken"\n')

    ended(wasl("serve", PYTHONPATH=str(package)), 3, "nowhere_to_be_found", "reinstall")
    assert "✕ cannot be loaded: ModuleNotFoundError" in wasl("plugin", "list", PYTHONPATH=str(package)).stdout


def test_a_template_mistake_is_told_with_its_place(shop):
    (shop.folder / "templates/welcome/en.md").write_text('+++\ntitle = "x"\n+++\n{{ nobody_declared_me }}\n')

    ended(shop("serve"), 3, "templates/welcome/en.md", "nobody_declared_me")


def test_a_port_in_use_is_told(shop):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])

        ended(shop("serve", "--port", port), 3, port, "choose another")


def test_a_database_that_cannot_be_written_is_told(wasl):
    wasl.config('database = "sqlite:///missing/wasl.db"\n')

    ended(wasl("migrate", "up"), 3, "missing", "folder")


def test_a_file_that_is_no_database_is_told(wasl):
    (wasl.folder / "wasl.db").write_text("not a database, but long enough to be taken for one" * 20)

    ended(wasl("messages", "list"), 3, "not a SQLite database")


def test_a_newer_database_is_told(shop):
    with sqlite3.connect(shop.folder / "wasl.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()

    ended(shop("serve"), 3, "newer wasl", "update wasl")


def test_a_message_that_is_refused_names_the_fields(shop):
    ended(shop("send", "welcome", "--to", "any:desk", "--data", "nmae=Ann"), 2, "/data/name is missing", "/data/nmae")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("send", "--to", "any:desk"), "a template or --body"),
        (("send", "welcome", "--to", "any:desk", "--title", "x"), "belong to --body"),
        (("send", "welcome", "--to", "pager:1"), "no configured provider serves the kind pager"),
        (("send", "welcome", "--to", "any:desk", "--data", "name"), "NAME=TEXT"),
        (("send", "welcome", "--to", "any:desk", "--data", "count:=x"), "is not JSON"),
        (("send", "welcome", "--to", "any:desk", "--data", "@missing.json"), "cannot be read"),
        (("send", "welcome", "--to", "any:desk", "--at", "soon"), "not a moment"),
        (("send", "--to", "any:desk", "--body", "x", "--action", "y"), "LABEL=URL"),
        (("messages", "list", "--state", "lost"), "--state"),
    ],
)
def test_what_is_written_wrongly_is_a_usage_error_with_an_example(told, words, said):
    code, err = told(*words)

    assert code == 2
    assert said in err


def test_a_message_that_is_not_there_fails(shop):
    ended(shop("messages", "show", "msg_none"), 1, "no such message")


def test_init_overwrites_nothing(shop):
    before = (shop.folder / "wasl.toml").read_text()

    ended(shop("init"), 2, "stays as it is")
    assert (shop.folder / "wasl.toml").read_text() == before


def test_init_says_where_it_cannot_write(wasl):
    (wasl.folder / "file").write_text("")

    ended(wasl("init", str(Path("file", "shop"))), 3, "cannot be written")
