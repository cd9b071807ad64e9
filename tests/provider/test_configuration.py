"""A wrong setting is told before anything is asked of a server."""

from __future__ import annotations

from typing import Any

import pytest
from pulumi.runtime.proto import provider_pb2

from llmcost_infra.errors import LlmCostError
from llmcost_infra.provider.configuration import SETTINGS, Configuration, problems
from llmcost_infra.provider.values import UNKNOWN, Secret, decode_map, encode_map
from tests.provider.engine import CheckError, Engine


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"url": "localhost:5080"}, [("url", "has no scheme; write https:// or http://")]),
        ({"url": "ftp://host"}, [("url", "is no address of a server; write it with scheme")]),
        ({"url": "https://me:pw@host"}, [("url", "carries a user or a password; put them")]),
        ({"timeout": "soon"}, [("timeout", "must be a number of seconds above 0")]),
        ({"timeout": "0"}, [("timeout", "must be a number of seconds above 0")]),
        ({"timeout": "inf"}, [("timeout", "must be a number of seconds above 0")]),
        ({"timeout": {"s": 1}}, [("timeout", "must be a number of seconds above 0")]),
        ({"parallel": "1.5"}, [("parallel", "must be a whole number above 0")]),
        ({"parallel": "-3"}, [("parallel", "must be a whole number above 0")]),
        ({"passwort": "x"}, [("passwort", "unknown key; did you mean password?")]),
        ({"zzz": "x"}, [("zzz", "unknown key; valid are organization, parallel, password")]),
        (
            {"url": "host", "timeout": "x"},
            [("url", "has no scheme"), ("timeout", "must be a number")],
        ),
    ],
)
def test_what_is_wrong_is_named(settings: dict[str, Any], told: list[tuple[str, str]]) -> None:
    """Each wrong setting is told, with what to write instead."""
    found = [(problem.path, problem.message) for problem in problems(settings)]
    assert [path for path, _ in found] == [path for path, _ in told]
    assert all(
        message.startswith(start) for (_, message), (_, start) in zip(found, told, strict=True)
    )


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"url": "https://observe.example.com/base", "timeout": "2.5", "parallel": "4"},
        {"url": UNKNOWN, "timeout": UNKNOWN, "password": Secret(UNKNOWN)},
        {"url": "", "timeout": "", "parallel": None},
        {"timeout": 5, "parallel": 2.0, "url": Secret("http://localhost:5080")},
        {"__internal": {}, "version": "1", "pluginDownloadURL": "x"},
    ],
)
def test_what_is_fine_passes(settings: dict[str, Any]) -> None:
    """Absent, unknown and secret settings pass, and so does what the engine adds."""
    assert list(problems(settings)) == []


def test_settings_win_over_the_environment() -> None:
    """The environment stands in for what a stack does not say; empty is not said."""
    environ = {
        "OPENOBSERVE_URL": "http://env",
        "OPENOBSERVE_USER": "env-user",
        "OPENOBSERVE_PASSWORD": "env-password",
        "OPENOBSERVE_ORG": "env_org",
    }
    settings = {"url": "http://stack", "user": "", "timeout": "5", "parallel": "2"}
    assert Configuration.read(settings, environ) == Configuration(
        "http://stack", "env-user", "env-password", "env_org", 5.0, 2
    )


def test_defaults_are_those_that_are_documented() -> None:
    """Without anything: the organization default, 30 seconds, 8 at a time."""
    configuration = Configuration.read({}, {"OPENOBSERVE_ORG": ""})
    assert configuration == Configuration()
    assert configuration.organization == "default"
    assert "30" in SETTINGS["timeout"]
    assert configuration.timeout == 30
    assert "8" in SETTINGS["parallel"]
    assert configuration.parallel == 8


@pytest.mark.parametrize(
    ("configuration", "message"),
    [
        (Configuration(), "lacks url, user and password"),
        (Configuration("http://host", "me"), "lacks password"),
        (Configuration(user="me"), "lacks url and password"),
    ],
)
def test_missing_access_is_named_with_how_to_set_it(
    configuration: Configuration, message: str
) -> None:
    """Whoever lacks settings reads the command and the variable for each."""
    with pytest.raises(LlmCostError, match=message) as error:
        configuration.require_access()
    assert "pulumi config set --secret openobserve:password" in error.value.hint
    assert "OPENOBSERVE_PASSWORD" in error.value.hint


def test_the_password_does_not_show_itself() -> None:
    """A configuration in a log or traceback does not carry the password."""
    assert "hunter2" not in repr(Configuration("http://host", "me", "hunter2"))


def test_a_wrong_setting_fails_the_run(engine: Engine) -> None:
    """The engine gets the setting's name; one that carries a password is not repeated."""
    engine.settings |= {"timeout": "soon", "url": "http://me:s3cret@host"}
    with pytest.raises(CheckError) as error:
        engine.preview()
    timeout, url = error.value.failures
    assert timeout == ("timeout", "must be a number of seconds above 0, like 30")
    assert url[0] == ""
    assert "s3cret" not in str(error.value)


def test_a_misspelt_password_is_not_shown(engine: Engine) -> None:
    """The engine prints the value of a named property: a setting that nobody knows has no name."""
    engine.settings["pasword"] = "hunter2"
    with pytest.raises(CheckError) as error:
        engine.preview()
    assert error.value.failures == [("", "pasword: unknown key; did you mean password?")]


def test_the_password_is_secret_in_the_state(engine: Engine) -> None:
    """An explicit provider's password is encrypted, whatever the program marked."""
    with engine.provider() as call:
        settings = {"url": "http://localhost", "password": "hunter2"}
        request = provider_pb2.CheckRequest(news=encode_map(settings))
        inputs = decode_map(call("CheckConfig", request).inputs)
    assert inputs == {"url": "http://localhost", "password": Secret("hunter2")}


@pytest.mark.parametrize(
    ("old", "new", "paths"),
    [
        ({"url": "a"}, {"url": "a"}, []),
        (
            {"url": "a", "organization": "x"},
            {"url": "b", "organization": "y"},
            ["organization", "url"],
        ),
        ({"password": Secret("a")}, {"password": "a"}, []),
        ({"password": Secret("a")}, {"password": Secret("b")}, ["password"]),
    ],
)
def test_a_changed_setting_replaces_nothing(
    engine: Engine, old: dict[str, Any], new: dict[str, Any], paths: list[str]
) -> None:
    """Another address or organization must not delete what the old one holds."""
    with engine.provider() as call:
        request = provider_pb2.DiffRequest(old_inputs=encode_map(old), news=encode_map(new))
        answer = call("DiffConfig", request)
    assert sorted(answer.detailedDiff) == paths
    assert list(answer.replaces) == []
