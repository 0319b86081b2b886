"""Values that wasl.toml only points to."""

from pathlib import Path

from tests.gateway.config_files import mistakes, written
from wasl.config import load


def test_references_take_what_they_point_to(here: Path) -> None:
    (here / "etc" / "run").mkdir(parents=True)
    (here / "etc" / "run" / "secret").write_text("سرّ = ok\n", encoding="utf-8")
    path = written(
        here / "etc",
        """
        brand = { env = "UNSET", default = "acme" }
        [server]
        port = { env = "PORT" }
        hosts = [{ env = "HOST" }, "b.example"]
        [providers.a]
        plugin = { env = "EMPTY", default = "smtp" }
        token = { file = "run/secret" }
        nested = { env = "prod", team = "x" }
        """,
    )

    config = load(path, {"PORT": "81", "HOST": "a.example", "EMPTY": ""})

    assert config.brand == "acme"
    assert config.server.port == 81
    assert config.server.hosts == ("a.example", "b.example")
    assert config.providers["a"].plugin == "smtp"
    assert config.providers["a"].settings == {"token": "سرّ = ok", "nested": {"env": "prod", "team": "x"}}


def test_a_resolved_value_is_never_read_again(here: Path) -> None:
    written(here, '[providers.a]\nplugin = "smtp"\ntoken = { env = "EVIL" }')

    config = load(None, {"EVIL": '${HOME}"\nbrand = "evil"', "HOME": "/root"})

    assert config.providers["a"].settings["token"] == '${HOME}"\nbrand = "evil"'
    assert config.brand == "default"


def test_a_reference_to_nothing_is_told_at_its_line(here: Path) -> None:
    (here / "empty").write_text("\n")
    (here / "large").write_text("x" * 65_537)
    (here / "binary").write_bytes(b"\xff\xfe")

    found = mistakes(
        """\
[providers.a]
plugin = "smtp"
b = { env = "TWILIO_TOKN" }
c = { env = "EMPTY" }
d = { file = "none" }
e = { file = "empty" }
f = { file = "large" }
g = [1, { file = "binary" }]
""",
        {"TWILIO_TOKEN": "s3cret", "EMPTY": ""},
    )

    assert found == [
        "wasl.toml:3:1: providers.a.b: the environment variable TWILIO_TOKN is not set; set it, or add a default to the reference"
        " (did you mean 'TWILIO_TOKEN'?)",
        "wasl.toml:4:1: providers.a.c: the environment variable EMPTY is empty; set it, or add a default to the reference",
        "wasl.toml:5:1: providers.a.d: cannot read the file none: no such file or directory; create it, or correct the path",
        "wasl.toml:6:1: providers.a.e: the file empty is empty",
        "wasl.toml:7:1: providers.a.f: the file large is larger than 64 KiB; a value is one short text",
        "wasl.toml:8:9: providers.a.g.1: the file binary is not UTF-8 text",
    ]
