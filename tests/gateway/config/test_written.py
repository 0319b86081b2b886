"""Files in the folders of templates and brands, whatever stands there."""

import os
from pathlib import Path

import pytest

from wasl.config.written import LARGEST, BadToml, Unreadable, is_leftover, read_text, read_toml


def test_a_text_is_read_without_its_mark_and_with_one_kind_of_line_end(tmp_path: Path) -> None:
    (tmp_path / "en.md").write_bytes(b"\xef\xbb\xbfone\r\ntwo\rthree")

    assert read_text(tmp_path / "en.md") == "one\ntwo\nthree"


def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "folder").mkdir()

    for name in ("pipe", "zero", "folder"):
        with pytest.raises(Unreadable, match=r"^is not a regular file; "):
            read_text(tmp_path / name)


@pytest.mark.parametrize(
    ("octets", "said"),
    [(b"x" * (LARGEST + 1), "is larger than 1,000,000 bytes"), (b"\xff", "is not UTF-8; save it as UTF-8")],
    ids=["large", "latin"],
)
def test_what_is_no_text_is_told(tmp_path: Path, octets: bytes, said: str) -> None:
    (tmp_path / "en.md").write_bytes(octets)

    with pytest.raises(Unreadable, match=said):
        read_text(tmp_path / "en.md")


def test_a_file_that_is_not_there_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as found:
        read_text(tmp_path / "en.md")

    assert found.value.missing


@pytest.mark.parametrize(
    "text",
    [
        "a = 1\nx = " + "[" * 5000,
        "a = 1\nx = " + "[" * 60 + "]" * 60,
        "a = 1\nx = " + "{y=" * 60 + "1" + "}" * 60,
        "a = 1\nx" + ".y" * 9000 + "=1",
    ],
    ids=["unclosed", "arrays", "tables", "keys"],
)
def test_toml_that_is_nested_too_deeply_is_a_mistake_with_its_line(text: str) -> None:
    with pytest.raises(BadToml, match="is nested more than 50 levels deep") as found:
        read_toml(text)

    assert found.value.place == (2, 1)


def test_toml_of_a_usual_depth_is_read() -> None:
    assert read_toml("[a.b]\nc = [[1], [2]]") == {"a": {"b": {"c": [[1], [2]]}}}


@pytest.mark.parametrize("name", ["en.md~", "en.md.bak", "4913", ".en.md.swp", "en.swp", "README.md", "README", "#en.md#", "en.md.orig"])
def test_what_editors_leave_behind_is_nobodys_mistake(name: str) -> None:
    assert is_leftover(name)


@pytest.mark.parametrize("name", ["en.md", "en.markdown", "en", "arabic.md", "49131", "readme.md", "en.txt"])
def test_what_may_be_meant_is_looked_at(name: str) -> None:
    assert not is_leftover(name)
