"""Streams of somebody else, attribution, routes, content, billing: each choice is checked."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from llmcost_infra.declarations import InvalidDeclaration
from llmcost_infra.settings import (
    Attribution,
    BilledScope,
    BillingAccount,
    ContentCapture,
    Route,
    Settings,
)


def read(**values: Any) -> Settings:
    """Return settings of a stack."""
    return Settings.from_mapping({"environment": "dev"} | values)


def refused(**values: Any) -> list[str]:
    """Return what is said about settings that are wrong, without the name of their source."""
    with pytest.raises(InvalidDeclaration) as caught:
        read(**values)
    return [str(problem).removeprefix("llmcost:settings: ") for problem in caught.value.problems]


@pytest.mark.parametrize("profile", ["gen_ai", "llm", "attributes"])
def test_a_stream_of_somebody_else_is_read_and_nothing_is_sent_elsewhere(profile: str) -> None:
    """Panels read the stream that applications send to; there is no second one."""
    streams = read(profile=profile, stream="default").streams
    assert (streams.source, streams.calls) == ("default", "default")


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        (
            {"profile": "llm"},
            "stream: profile llm reads a stream\n  for example stream: default",
        ),
        (
            {"stream": "default"},
            (
                "stream: profile pipeline reads the stream that it fills\n"
                "  choose another profile, or leave the stream out"
            ),
        ),
        (
            {"profile": "gen_ai", "stream": "default", "history": True},
            "history: only profile pipeline has a rollup",
        ),
        (
            {"profile": "genai", "stream": "default"},
            "profile: 'genai' is not valid here\n  did you mean 'gen_ai'?",
        ),
    ],
)
def test_profile_and_stream_fit_each_other(values: dict[str, Any], problem: str) -> None:
    """A profile without its stream, or the other way round, would show nothing."""
    assert refused(**values) == [problem]


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        (
            {"attribution": {"team": ["My-Team"]}},
            (
                "attribution.team.0: is not valid here\n"
                "  write the stored column: lower-case letters and digits, _ for all else"
            ),
        ),
        (
            {
                "billing": [
                    {
                        "provider": "openai",
                        "account": "a",
                        "scopes": [{"project": "p", "environment": "Prod"}],
                    }
                ]
            },
            (
                "billing.0.scopes.0.environment: is not valid here\n"
                "  use lower-case letters, digits and -, a letter first"
            ),
        ),
        (
            {"alerts": {"rate_limit": {"limits": {"at_least": "-1"}}}},
            (
                "alerts.rate_limit.limits.at_least: is not valid here\n"
                '  write a number in quotes, like "2.5"'
            ),
        ),
        (
            {"alerts": {"Rate-Limit": {}}},
            (
                "alerts.Rate-Limit: is not valid as a key\n"
                "  use lower-case letters, digits and _, a letter first"
            ),
        ),
        (
            {"features": {"a{b}": "ann@example.com"}},
            (
                "features.a{b}: is not valid as a key\n"
                "  use letters, digits, spaces and _ . : @ / & + -"
            ),
        ),
        ({"attribution": {"user": []}}, "attribution.user: is empty"),
        ({"folder": 7}, "folder: write text, in quotes"),
    ],
)
def test_what_fits_no_pattern_is_told_in_words(values: dict[str, Any], problem: str) -> None:
    """Nobody has to read a regular expression, and each mistake is told once."""
    assert refused(**values) == [problem]


def test_the_rollup_is_off_until_a_stack_wants_it() -> None:
    """A tab that nobody fills would look broken."""
    assert not read().history
    assert read(history=True).retention.rollup_days == 1_830


@pytest.mark.parametrize(
    "url",
    ["https://observe.example.com", "http://127.0.0.1:5080", "https://example.com/openobserve"],
)
def test_the_address_that_people_use_is_kept_as_it_is(url: str) -> None:
    """Links start with it."""
    assert read(ui_url=url).ui_url == url


@pytest.mark.parametrize("url", ["observe.example.com", "https://", "https://a/", "ftp://a", "x y"])
def test_an_address_that_makes_broken_links_is_refused(url: str) -> None:
    """A slash at the end would stand twice, and without a scheme a link leads nowhere."""
    (problem,) = refused(ui_url=url)
    assert problem.startswith("ui_url: ")


class TestAttribution:
    """Where a call says whose spend it is."""

    def test_span_attributes_win_over_those_of_the_resource(self) -> None:
        """The span knows more than the process it ran in."""
        assert read().attribution == Attribution()
        for name in ("feature", "team"):
            assert getattr(Attribution(), name) == (name, f"service_{name}")

    def test_a_stack_names_its_own(self) -> None:
        """An order, and only for what it names."""
        chosen = read(attribution={"team": ["squad", "service_squad"]}).attribution
        assert chosen.team == ("squad", "service_squad")
        assert chosen.feature == Attribution().feature

    @pytest.mark.parametrize("column", ["user.id", "User", "a b", "", "x'); DROP", "1st"])
    def test_what_is_no_stored_column_is_refused(self, column: str) -> None:
        """Columns go into SQL and VRL as they are; a dot or a capital would never be found."""
        assert refused(attribution={"user": [column]})[0].startswith("attribution.user.0: ")

    def test_a_source_is_needed(self) -> None:
        """An empty list would name a column that does not exist."""
        assert refused(attribution={"team": []})[0].startswith("attribution.team: ")


class TestRoutes:
    """Where alerts go."""

    def test_secrets_are_named(self) -> None:
        """The value stands in the stack's encrypted configuration, under this name."""
        routes = read(
            routes={
                "oncall": {"kind": "pagerduty", "secret": "pagerduty_key"},
                "team": {"kind": "slack", "secret": "slack_url"},
                "mail": {"kind": "email", "recipients": ["finops@example.com"]},
            }
        ).routes
        assert routes["oncall"] == Route(kind="pagerduty", secret="pagerduty_key")
        assert routes["mail"].recipients == ("finops@example.com",)

    @pytest.mark.parametrize(
        ("kind", "severities"),
        [
            ("pagerduty", ("page",)),
            ("slack", ("page", "warn", "info")),
            ("webhook", ("page", "warn", "info")),
        ],
    )
    def test_a_route_takes_what_suits_it(self, kind: str, severities: tuple[str, ...]) -> None:
        """PagerDuty wakes people, so it takes pages alone; a heartbeat goes where a stack says."""
        route: dict[str, Any] = {"kind": kind, "secret": "url"}
        assert read(routes={"a": route}).routes["a"].takes == severities
        route["severities"] = ["heartbeat"]
        assert read(routes={"a": route}).routes["a"].takes == ("heartbeat",)

    @pytest.mark.parametrize("severities", [[], ["urgent"]])
    def test_a_route_takes_something_that_there_is(self, severities: list[str]) -> None:
        """Without any it would only look as if somebody were told."""
        route = {"kind": "slack", "secret": "url", "severities": severities}
        (problem,) = refused(routes={"a": route})
        assert problem.startswith("routes.a.severities")

    @pytest.mark.parametrize(
        "secret", ["https://hooks.example.com/T0/B0/abcdef", "R0UT1NG-KEY", "key with spaces"]
    )
    def test_a_secret_in_its_place_is_refused_and_not_repeated(self, secret: str) -> None:
        """Who pasted the secret itself learns where it belongs, and no log learns the secret."""
        (problem,) = refused(routes={"team": {"kind": "slack", "secret": secret}})
        assert "pulumi config set --secret" in problem
        assert secret not in problem

    @pytest.mark.parametrize(
        ("route", "problem"),
        [
            ({"kind": "slack"}, "secret: a slack route has a secret and no recipients"),
            (
                {"kind": "webhook", "secret": "url", "recipients": ["a@b"]},
                "secret: a webhook route has a secret and no recipients",
            ),
            ({"kind": "email"}, "recipients: an e-mail route has recipients and no secret"),
            (
                {"kind": "email", "secret": "x", "recipients": ["a@b"]},
                "recipients: an e-mail route has recipients and no secret",
            ),
        ],
    )
    def test_each_kind_has_its_target(self, route: dict[str, Any], problem: str) -> None:
        """A route without a target would swallow alerts."""
        assert refused(routes={"team": route}) == [f"routes.team.{problem}"]

    def test_an_address_without_an_at_is_refused(self) -> None:
        """Mail to it would be lost."""
        (problem,) = refused(routes={"m": {"kind": "email", "recipients": ["finops"]}})
        assert problem.startswith("routes.m.recipients.0: ")


class TestContent:
    """Prompts and completions."""

    def test_nothing_is_kept_by_default(self) -> None:
        """Text of people is not collected by accident."""
        assert read().content == ContentCapture(capture=False, services=(), days=7)

    def test_capture_names_the_services(self) -> None:
        """Who switches it on says for whom."""
        assert refused(content={"capture": True}) == [
            "content.services: names nobody\n  list the services, or capture: false"
        ]
        chosen = {"capture": True, "services": ["bot"], "shared_org_ok": True}
        assert read(content=chosen).content.services == ("bot",)

    def test_capture_says_that_others_may_read_it(self) -> None:
        """There is no access by stream: who may open the organization reads what people wrote."""
        assert refused(content={"capture": True, "services": ["bot"]}) == [
            (
                "content.shared_org_ok: everybody in the organization can read what is captured\n"
                "  if that is meant, write shared_org_ok: true; if not, capture: false"
            )
        ]

    @pytest.mark.parametrize("service", ["", 'a" || true', "{{ x }}", "a\\b", "a\nb"])
    def test_a_service_is_a_name(self, service: str) -> None:
        """It stands in the pipeline's function, where a quote would end it."""
        chosen = {"capture": True, "services": [service], "shared_org_ok": True}
        assert refused(content=chosen)[0].startswith("content.services.0: ")

    def test_only_our_own_pipeline_captures(self) -> None:
        """A stack that reads somebody else's stream would promise what it cannot do."""
        chosen = {"capture": True, "services": ["bot"], "shared_org_ok": True}
        (problem,) = refused(profile="llm", stream="default", content=chosen)
        assert problem.startswith("content.capture: only profile pipeline captures")

    def test_texts_may_go_to_another_organization(self) -> None:
        """By a destination of pipelines: then nobody here can read them."""
        chosen = {"capture": True, "services": ["bot"], "remote": "texts"}
        assert not read(content=chosen).content.kept_here
        assert refused(content=chosen | {"remote": "a b"})[0].startswith("content.remote: ")

    @pytest.mark.parametrize("days", [0, 31])
    def test_it_is_not_kept_for_long(self, days: int) -> None:
        """Thirty days at most."""
        assert refused(content={"days": days})[0].startswith("content.days: ")

    def test_who_means_more_days_says_so(self) -> None:
        """Nobody keeps texts for a year by a typing error."""
        (said,) = refused(content={"days": 90})
        assert said.endswith("at most\n  if more are meant, write long_ok: true")
        assert read(content={"days": 90, "long_ok": True}).content.days == 90


class TestBudget:
    """What may be spent."""

    def test_amounts_are_exact(self) -> None:
        """Every amount is read from text."""
        budget = read(
            budget={
                "monthly_usd": "12000.50",
                "team_daily_usd": {"search": "0.10"},
                "feature_daily_usd": {"chat_reply": "41.20"},
            }
        ).budget
        assert budget.monthly_usd == Decimal("12000.50")
        assert budget.team_daily_usd == {"search": Decimal("0.10")}
        assert budget.feature_daily_usd == {"chat_reply": Decimal("41.20")}

    def test_a_number_is_refused_wherever_it_stands(self) -> None:
        """A YAML number has passed through a float."""
        assert refused(budget={"monthly_usd": 1.1, "team_daily_usd": {"a": 1}}) == [
            'budget.monthly_usd: write an amount in quotes, like "500" or "0.25"',
            'budget.team_daily_usd.a: write an amount in quotes, like "500" or "0.25"',
        ]


class TestBilling:
    """Provider accounts and whose spend their parts are."""

    def test_an_account_is_divided(self) -> None:
        """Projects, workspaces and keys each belong to an environment, maybe to a team."""
        (openai, anthropic) = read(
            billing=[
                {
                    "provider": "openai",
                    "account": "org-1",
                    "admin_key": "openai_admin_key",
                    "scopes": [
                        {"project": "proj_a", "environment": "prod", "team": "search"},
                        {"key": "key_7", "environment": "dev"},
                    ],
                },
                {
                    "provider": "anthropic",
                    "account": "org-2",
                    "scopes": [{"workspace": "wrkspc_1", "environment": "prod"}],
                },
            ]
        ).billing
        assert isinstance(openai, BillingAccount)
        assert [scope.identity for scope in openai.scopes] == [
            ("project", "proj_a"),
            ("key", "key_7"),
        ]
        assert anthropic.scopes[0] == BilledScope(workspace="wrkspc_1", environment="prod")

    @pytest.mark.parametrize(
        ("scopes", "problem"),
        [
            (
                [{"environment": "prod"}],
                "scopes.0.project: a scope is one project, one workspace or one key",
            ),
            (
                [{"project": "p", "key": "k", "environment": "prod"}],
                "scopes.0.project: a scope is one project, one workspace or one key",
            ),
        ],
    )
    def test_a_scope_is_one_part(self, scopes: list[dict[str, str]], problem: str) -> None:
        """Two names for one part, or none, cannot be matched with a bill."""
        account = {"provider": "openai", "account": "org-1", "scopes": scopes}
        assert refused(billing=[account]) == [f"billing.0.{problem}"]

    @pytest.mark.parametrize(
        ("provider", "scopes"),
        [
            ("openai", [{"workspace": "w", "environment": "prod"}]),
            ("anthropic", [{"project": "p", "environment": "prod"}]),
            (
                "openai",
                [
                    {"project": "p", "environment": "prod"},
                    {"project": "p", "environment": "dev"},
                ],
            ),
        ],
    )
    def test_scopes_fit_the_provider_and_each_other(
        self, provider: str, scopes: list[dict[str, str]]
    ) -> None:
        """A part that the provider's bill does not have, or two owners of one part."""
        account = {"provider": provider, "account": "org-1", "scopes": scopes}
        (problem,) = refused(billing=[account])
        assert problem.startswith("billing.0.scopes")

    def test_the_key_is_named_and_never_held(self) -> None:
        """An admin key reads bills of the whole company."""
        account = {"provider": "openai", "account": "org-1", "admin_key": "sk-admin-123"}
        (problem,) = refused(billing=[account])
        assert "sk-admin-123" not in problem
