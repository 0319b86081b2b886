"""`wasl files`, in this process."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from wasl.cli import main

Ran = Callable[..., tuple[str, str]]
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"


@pytest.fixture
def ran(folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ran:
    (folder / "wasl.toml").write_text(f'database = "sqlite:///{folder}/wasl.db"\n[providers.mail]\nplugin = "log"\n')
    monkeypatch.chdir(folder)

    def run(*words: str, code: int = 0) -> tuple[str, str]:
        monkeypatch.setattr(sys, "argv", ["wasl", "files", "put", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capfd.readouterr()
        assert int(ended.value.code or 0) == code, err
        return str(out), str(err)

    return run


def test_files_are_stored_and_their_ids_printed(ran: Ran) -> None:
    Path("فاتورة.pdf").write_bytes(PDF)
    Path("list.csv").write_bytes(b"a,b\n")

    out, _ = ran("فاتورة.pdf", "list.csv")
    again = json.loads(ran("فاتورة.pdf", "--json")[0])

    ids = [line.split("  ") for line in out.splitlines()]
    assert [name for _, name in ids] == ["فاتورة.pdf", "list.csv"]
    assert (again["id"], again["size"], again["media_type"]) == (ids[0][0], len(PDF), "application/pdf")


def test_what_is_not_sent_is_told_with_the_name_of_its_file(ran: Ran) -> None:
    Path("setup.exe").write_bytes(b"hello")
    Path("picture.png").write_bytes(PDF)

    assert "setup.exe has the name of a program" in ran("setup.exe", code=2)[1]
    assert "picture.png is said to be image/png" in ran("picture.png", "--type", "image/png", code=2)[1]
