"""What `[console.oidc]` may say, and where each mistake is told."""

import re
from pathlib import Path

import pytest

import wasl
from tests.gateway.config_files import mistakes, written
from wasl.capturing.capture import Tray
from wasl.capturing.configuration import captured_specs
from wasl.config import load
from wasl.oidc import redirect_uri
from wasl.users import Role

PLACE = '[server]\npublic_url = "https://wasl.example"\n'
SAID = """[console.oidc]
issuer = "https://id.example.com"
client_id = "wasl"
client_secret = { env = "OIDC_SECRET" }
roles = { wasl-admins = "admin", all = "viewer", support-team = "support", auditors = "auditor" }
"""
ENVIRON = {"OIDC_SECRET": "a secret"}


def test_groups_give_the_mightiest_role_and_all_their_brands(here: Path) -> None:
    brands = 'brands = { one = ["default"], every = [] }\n'
    config = load(written(here, f"{SAID}{brands}{PLACE}"), ENVIRON).console.oidc
    plain = load(written(here, SAID + PLACE), ENVIRON).console.oidc

    assert config is not None
    assert plain is not None
    assert config.role(frozenset({"all", "wasl-admins", "support-team"})) is Role.ADMIN
    assert config.role(frozenset({"all", "auditors"})) is Role.AUDITOR
    assert config.role(frozenset({"WASL-ADMINS"})) is None
    assert config.brands_of(frozenset({"one"})) == ("default",)
    assert config.brands_of(frozenset({"one", "every"})) == ()
    assert config.brands_of(frozenset({"all"})) is None
    assert plain.brands_of(frozenset()) == ()
    assert (config.title, config.only, config.second_factor) == ("id.example.com", False, ())
    assert "a secret" not in repr(config) + config.model_dump_json()


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("https://id", "http://id", "2:1: console.oidc.issuer: should be an https URL"),
        ("id.example.com", "ann:secret@id.example.com", "2:1: console.oidc.issuer: should be an https URL"),
        ("id.example.com", "id.example.com?x=1", "2:1: console.oidc.issuer: should be an https URL"),
        ('"admin"', '"root"', "5:11: console.oidc.roles.wasl-admins: should be 'viewer', 'support'"),
        ("roles = {", "roels = {", "1:10: console.oidc.roles: is missing"),
        ("{ env = ", '"${OIDC_SECRET}" #', "4:1: console.oidc.client_secret: is plain text"),
        ("roles =", 'brands = { x = ["acme"] }\nroles =', "5:17: console.oidc.brands.x.0: there is no brand acme"),
        ("roles =", 'scopes = ["email"]\nroles =', '1:10: console.oidc: has scopes without "openid"'),
        ("roles =", 'name = "A\\nB"\nroles =', "5:1: console.oidc.name: may have neither control characters"),
        (PLACE, "", "1:10: console.oidc: needs public_url under [server]"),
    ],
)
def test_a_mistake_is_told_at_its_place(here: Path, before: str, after: str, said: str) -> None:
    told = mistakes((SAID + PLACE).replace(before, after, 1), ENVIRON)

    assert any(one.startswith(f"wasl.toml:{said}") for one in told), told


def test_without_the_extra_it_is_told_how_to_install_it(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wasl.config.sign_on.find_spec", lambda name: None)

    assert mistakes(SAID + PLACE, ENVIRON) == [
        "wasl.toml:1:10: console.oidc: needs PyJWT; install it by pip install 'wasl[oidc]', or remove the table"
    ]


def test_one_file_alone_needs_the_extra_and_it_is_loaded_when_somebody_signs_in() -> None:
    folder = Path(str(wasl.__file__)).parent
    told = {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in folder.rglob("*.py")}

    assert [name for name, text in told.items() if re.search(r"^\s*(import|from) jwt\b", text, re.M)] == ["oidc/proof.py"]
    assert [name for name, text in told.items() if re.search(r"^(from|import) wasl\.oidc(\.proof\b| import .*\bproof\b)", text, re.M)] == []


def test_a_secret_in_the_file_is_warned_of(here: Path) -> None:
    config = load(written(Path(), (SAID + PLACE).replace('{ env = "OIDC_SECRET" }', '"a secret"')), {})

    assert [str(one) for one in config.warnings] == [
        'wasl.toml:4:1: console.oidc.client_secret: is a secret in the file; write client_secret = { env = "NAME" } or { file = "path" }'
    ]
    assert "a secret" not in str(config.warnings[0]).replace("is a secret", "")


def test_staff_may_reach_the_console_elsewhere(here: Path) -> None:
    config = load(written(here, f'{SAID}reached_at = "https://desk.acme.example/"\n'), ENVIRON)

    assert config.console.oidc is not None
    assert redirect_uri(config.console.oidc, None) == "https://desk.acme.example/console/oidc/back"


def test_what_the_chapter_shows_is_a_configuration(here: Path) -> None:
    chapter = Path(str(wasl.__file__)).parent / "console" / "README.md"
    (block,) = [one for one in re.findall(r"^```toml\n(.*?)^```", chapter.read_text("utf-8"), re.M | re.S) if "[console.oidc]" in one]

    assert load(written(here, block), ENVIRON).console.oidc is not None


def test_where_nothing_leaves_the_machine_nobody_signs_in_elsewhere_and_the_secret_need_not_be_there(here: Path) -> None:
    specs = captured_specs(written(here, SAID + PLACE), {}, Tray(), lambda config: config)

    assert specs.config.console.oidc is None
