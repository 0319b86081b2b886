"""Settings from WASL_… variables."""

from pathlib import Path

from tests.gateway.config_files import mistakes, written
from wasl.config import load


def test_the_environment_overrides_the_file(here: Path) -> None:
    written(
        here,
        """
        brand = "acme"
        [providers.mail]
        plugin = "smtp"
        [providers.sms-main]
        plugin = "twilio"
        auth_token = { env = "TWILIO_TOKEN" }
        [server]
        port = 9000
        body_limit = "2MiB"
        """,
    )

    config = load(
        None,
        {
            "WASL_DATABASE": "sqlite:///other.db",
            "WASL_SERVER__PORT": "7000",
            "WASL_PROVIDERS__SMS_MAIN__AUTH_TOKEN": "[not a list",
            "WASL_CHANNELS__EMAIL": '["mail", "sms-main"]',
            "WASL_TOPICS__OFFERS__CATEGORY": "promotional",
            "WASL_BRAND": "",
            "WASL_LOG": "debug",
            "WASL_PORT_8080_TCP": "tcp://10.0.0.1:8080",
        },
    )

    assert config.database == "sqlite:///other.db"
    assert config.server.port == 7000
    assert config.server.body_limit == 2 * 1024 * 1024
    assert config.providers["sms-main"].settings["auth_token"] == "[not a list"
    assert config.channels["email"] == ("mail", "sms-main")
    assert config.topics["offers"].category == "promotional"
    assert config.brand == "acme"
    assert config.warnings == ()


def test_a_mistake_in_the_environment_names_the_variable(here: Path) -> None:
    environ = {"WASL_SERVER__PORT": "x", "WASL_CHANNELS__SMS": '["a"]', "WASL_DATABASE__HOST": "h", "WASL_SERVER__PROT": "1"}

    found = mistakes("[channels]\nsms = ['b']", environ)

    assert sorted(found) == [
        "environment WASL_CHANNELS__SMS: channels.sms.0: there is no provider a; there are: none",
        'environment WASL_DATABASE__HOST: database: is a table; a reference is written { env = "NAME" } or { file = "path" }',
        "environment WASL_SERVER__PORT: server.port: should be a valid integer, unable to parse string as an integer",
        "environment WASL_SERVER__PROT: server.prot: unknown setting (did you mean 'port'?)",
    ]


def test_a_variable_that_is_nearly_a_setting_is_a_warning(here: Path) -> None:
    written(here, 'brand = { env = "WASL_BRAND_NAME" }')

    config = load(None, {"WASL_DATABSE": "x", "WASL_SERVER_PORT": "1", "WASL_BRAND_NAME": "acme", "WASL_API_KEY": "k", "DATABASE": "y"})

    assert [str(warning) for warning in config.warnings] == [
        "environment WASL_DATABSE: is not a setting of wasl, so it is ignored (did you mean 'WASL_DATABASE'?)",
        "environment WASL_SERVER_PORT: is not a setting of wasl, so it is ignored (did you mean 'WASL_SERVER__PORT'?)",
    ]


def test_an_unknown_variable_is_a_warning_but_not_one_that_others_read_or_kubernetes_makes(here: Path) -> None:
    others = ("WASL_KEYS", "WASL_API_KEY", "WASL_URL", "WASL_LOG", "WASL_TEST_PICTURES", "WASL_SERVICE_HOST", "WASL_MAIL_PORT_25_TCP_ADDR")

    config = load(None, {"WASL_NOPE": "1", **dict.fromkeys(others, "x")})

    assert [str(warning) for warning in config.warnings] == ["environment WASL_NOPE: is not a setting of wasl, so it is ignored"]
