"""Each mistake in wasl.toml is one clear line with its place, and all are told at once."""

from pathlib import Path
from typing import Annotated

import pytest
from pydantic import AfterValidator, BaseModel, SecretStr, ValidationError

from tests.gateway.config_files import mistakes
from wasl.config import Config, load
from wasl.config.mistakes import ConfigMistakes, Findings, Source
from wasl.config.topics import Topic
from wasl.config.validation import explain, without

TOP = ", ".join(Config.model_fields)


def test_a_templates_folder_that_is_missing_is_a_mistake(here: Path) -> None:
    assert mistakes('\ntemplates = "none"') == [
        "wasl.toml:2:1: templates: there is no such folder; create it, or correct the path",
    ]


def test_every_mistake_is_told_at_once_with_its_place(here: Path) -> None:
    found = mistakes(
        """\
locale = "en"
brnad = "x"
[providers.mail]
plugin = "smtp"
concurrency = 0
password = { env = "NOT_SET" }
[channels]
email = ["mial"]
sms = "mail"
[routes.default]
channels = ["emial", "pigeon"]
mode = "al"
[topics.orders]
route = "lod"
xyz = "orders"
[routes.loud]
[server]
prot = 3
port = "abc"
[[xyz]]
max = 3
""",
        {"WASL_RETRY__BASE": "soon"},
    )

    assert found == [
        "wasl.toml:2:1: brnad: unknown setting (did you mean 'brand'?)",
        "wasl.toml:5:1: providers.mail.concurrency: should be greater than or equal to 1",
        "wasl.toml:6:1: providers.mail.password: the environment variable NOT_SET is not set; set it, or add a default to the reference",
        "wasl.toml:8:10: channels.email.0: there is no provider mial (did you mean 'mail'?)",
        'wasl.toml:9:1: channels.sms: should be a list, like ["one", "two"]',
        "wasl.toml:11:13: routes.default.channels.0: there is no channel emial (did you mean 'email'?)",
        "wasl.toml:11:22: routes.default.channels.1: there is no channel pigeon; there are: email",
        "wasl.toml:12:1: routes.default.mode: should be 'first' or 'all' (did you mean 'all'?)",
        "wasl.toml:14:1: topics.orders.route: there is no route lod (did you mean 'loud'?)",
        f"wasl.toml:15:1: topics.orders.xyz: unknown setting; known here: {', '.join(Topic.model_fields)}",
        "wasl.toml:18:1: server.prot: unknown setting (did you mean 'port'?)",
        "wasl.toml:19:1: server.port: should be a valid integer, unable to parse string as an integer",
        f"wasl.toml:20:3: xyz: unknown setting; known here: {TOP}",
        "environment WASL_RETRY__BASE: retry.base: is not a duration; write a number and a unit, like 90s, 15m, 4h or 3d",
    ]


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("a = ", "wasl.toml:1:4: invalid value"),
        ("x = 1\nfull name = 2", "wasl.toml:2:6: expected '=' after a key in a key/value pair"),
        ('# مرحبا\na = "x\n"', "wasl.toml:2:7: illegal character '\\n'"),
        ('[providers."Bad Name"]\nplugin = "smtp"',
         "wasl.toml:1:12: providers.Bad Name: is not a name; use a small letter first, then small letters, digits, _ or -"),
        ("[providers.mail]\nhost = 1", "wasl.toml:1:12: providers.mail.plugin: is missing; add plugin = …"),
        ("providers = 3", "wasl.toml:1:1: providers: should be a table"),
        ("[providers]\nmail = 3", "wasl.toml:2:1: providers.mail: should be a table"),
        ('country = "saudi"', "wasl.toml:1:1: country: should be two capital letters, like SA (ISO 3166)"),
        ('country = "ZZ"', "wasl.toml:1:1: country: is no country that has phone numbers; write one like SA, AE or DE (ISO 3166)"),
        ('database = "mysql://x"', "wasl.toml:1:1: database: should be sqlite:///FILE or postgresql://…"),
        ("brand = 3", "wasl.toml:1:1: brand: should be text in quotes"),
        ('brand = { enviroment = "B" }',
         'wasl.toml:1:1: brand: is a table; a reference is written { env = "NAME" } or { file = "path" }'),
        ('brand = "${BRAND}"', 'wasl.toml:1:1: brand: is plain text, and text is never substituted; write { env = "BRAND" }'),
        ('"\\u001b[31m\\u202e" = 1', f"wasl.toml:1:1: \\x1b[31m\\u202e: unknown setting; known here: {TOP}"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_clear_line(here: Path, text: str, mistake: str) -> None:
    assert mistakes(text) == [mistake]


def test_a_file_that_is_missing_or_unreadable_is_a_mistake(here: Path) -> None:
    (here / "latin.toml").write_bytes('a = 1\nb = "مرح'.encode() + b'\xff"')
    (here / "deep.toml").write_text("a = " + "[" * 50_000)

    told = []
    for name in ("none.toml", ".", "latin.toml", "deep.toml"):
        with pytest.raises(ConfigMistakes) as caught:
            load(Path(name), {})
        told.append(str(caught.value))

    assert told == [
        "none.toml: cannot be read: no such file or directory; correct the path, or write one with wasl init",
        ".: cannot be read: is a directory; correct the path, or write one with wasl init",
        "latin.toml:2:9: is not UTF-8; save the file as UTF-8",
        "deep.toml: is nested too deeply",
    ]


def test_what_a_validator_quotes_is_masked_and_our_own_words_are_not() -> None:
    def refuse(text: str) -> str:
        raise ValueError(f"refuses {text}; write it like Acme <hello@acme.example>")

    class Section(BaseModel):
        sender: Annotated[str, AfterValidator(refuse)]
        password: SecretStr = SecretStr("")

    for sender, said in (("Acme", "refuses Acme; write it like Acme <"), ("sk_live_1234", "refuses •••; write it like Acme <")):
        findings = Findings(Source("wasl.toml"))
        with pytest.raises(ValidationError) as caught:
            Section.model_validate({"sender": sender})
        explain(caught.value, Section, findings)
        assert said in findings.mistakes[0].message


def test_a_short_secret_is_masked_as_a_word() -> None:
    assert without({"in"}, "cannot sign in with 'in', which is inside") == "cannot sign ••• with '•••', which is inside"
    assert without({"s3cret-and-long"}, "xs3cret-and-longx") == "x•••x"
