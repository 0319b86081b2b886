"""What `database` may say."""

from pathlib import Path

import pytest

from tests.gateway.config_files import mistakes


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("sqlite:///:memory:", "names no file, so nothing would be kept; write sqlite:///wasl.db"),
        ("sqlite:///wasl.db?mode=ro", "has parameters after a ?, and a SQLite file takes none; leave them out"),
        ("postgresql://h/n?sslmod=require", "has an unknown parameter sslmod; did you mean sslmode?"),
        (
            "postgresql://h/n?foo=bar",
            "has an unknown parameter foo; leave it out, or use one like sslmode, sslrootcert, target_session_attrs, search_path",
        ),
        ("postgresql://ann:se?cret@h/n", "has a ? before its host; in a password, write %3F for it"),
    ],
)
def test_a_url_that_cannot_work_is_a_mistake_with_its_place(here: Path, url: str, said: str) -> None:
    found = mistakes(f'database = "{url}"')

    assert found == [f"wasl.toml:1:1: database: {said}"]


def test_what_the_driver_understands_may_stand_there(here: Path) -> None:
    assert mistakes('database = "postgresql://h/n?sslmode=verify-full&sslrootcert=ca.pem&search_path=wasl"\nbrand = "A"') == [
        "wasl.toml:2:1: brand: is not a name; use a small letter first, then small letters, digits, _ or -"
    ]
