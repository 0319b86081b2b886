"""`wasl verify` as a process of its own: exit codes, and where its words go."""

import json
import os
import shutil
import sqlite3

import pytest


@pytest.fixture(scope="module")
def one_sent(opened, tmp_path_factory, forking):
    """A folder in which wasl has sent one message, and its id."""
    folder = shutil.copytree(opened, tmp_path_factory.mktemp("sent") / "shop")
    words = ("send", "welcome", "--to", "any:desk", "--data", "name=Ann", "--wait")
    done = forking.run(words, folder, os.environ, tmp_path_factory.mktemp("said"))
    done.check_returncode()
    return folder, done.stdout.split()[0]


@pytest.fixture
def sent(wasl, one_sent):
    folder, wasl.id = one_sent
    shutil.copytree(folder, wasl.folder, dirs_exist_ok=True)
    return wasl


def broken(shop):
    with sqlite3.connect(shop.folder / "wasl.db") as database:
        database.execute("DELETE FROM attempts")
    database.close()


def test_kept_promises_are_told_on_stderr_and_end_with_0(sent):
    result = sent("verify")

    assert (result.returncode, result.stdout) == (0, "")
    assert "1 messages, 1 deliveries, 1 attempts: every promise that can be checked is kept." in result.stderr


def test_a_broken_promise_is_told_with_its_message_and_ends_with_6(sent):
    broken(sent)

    result = sent("verify")

    assert result.returncode == 6
    assert f"P4     {sent.id}  delivery 1: it counts 1 attempts, and there are those with the numbers []\n" in result.stdout
    assert "broken are P3 1 times, P4 2 times" in result.stderr


def test_json_names_the_check(sent):
    broken(sent)

    result = sent("verify", "--json")

    told = json.loads(result.stdout)
    assert (result.returncode, told["messages"], told["broken"]["P4"]) == (6, 1, 2)
    assert {"message": sent.id, "promise": "P4", "check": "its_attempts_have_no_gap"}.items() <= told["findings"][1].items()


def test_the_records_of_others_are_compared(sent):
    (sent.folder / "accepted").write_text(f"{sent.id}\nmsg_{'0' * 32}\n")

    result = sent("verify", "--accepted", "accepted")

    assert result.returncode == 6
    assert result.stdout == f"P1     msg_{'0' * 32}  a client saw its 202, but it is not there\n"


def test_a_record_that_is_none_is_told_with_its_line(sent):
    (sent.folder / "sink").write_text('{"attempt_id": "7"}\n')

    result = sent("verify", "--sink", "sink")

    assert (result.returncode, result.stdout) == (1, "")
    assert "sink:1 is not the record of a send; write" in result.stderr
    assert "Traceback" not in result.stderr


def test_without_a_database_it_says_so_and_makes_none(wasl):
    result = wasl("verify")

    assert result.returncode == 3
    assert "nothing to check" in result.stderr
    assert not (wasl.folder / "wasl.db").exists()
