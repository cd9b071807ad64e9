"""A program's resources register what the provider takes, under the names that it takes."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any

import pulumi
import pytest

import llmcost_infra.resources as public
from llmcost_infra.openobserve.kinds import KINDS
from llmcost_infra.provider.configuration import SETTINGS
from llmcost_infra.resources import (
    Alert,
    AlertDestination,
    AlertTemplate,
    Dashboard,
    Folder,
    Function,
    ModelPriceTable,
    Pipeline,
    Provider,
    ServiceAccount,
    Source,
    Stream,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.resources.conftest import Registered

    Run = Callable[[Callable[[], Any]], Any]

SIGNATURE = "4dabf18193072939515e22adb298388d"
CLASSES: dict[str, type[pulumi.Resource]] = {
    "openobserve:index:Folder": Folder,
    "openobserve:index:Stream": Stream,
    "openobserve:index:Function": Function,
    "openobserve:index:Pipeline": Pipeline,
    "openobserve:index:Dashboard": Dashboard,
    "openobserve:index:AlertTemplate": AlertTemplate,
    "openobserve:index:AlertDestination": AlertDestination,
    "openobserve:index:Alert": Alert,
    "openobserve:index:ModelPriceTable": ModelPriceTable,
    "openobserve:index:ServiceAccount": ServiceAccount,
}
OUR_OWN = {"resource_name", "source", "opts"}


def arguments(declared: type[pulumi.Resource]) -> dict[str, inspect.Parameter]:
    """What a resource class takes."""
    return dict(inspect.signature(declared).parameters)


def test_every_kind_has_a_class() -> None:
    """Whatever the provider manages can be declared."""
    assert CLASSES.keys() == KINDS.keys()


@pytest.mark.parametrize("token", CLASSES)
def test_arguments_are_the_kinds_inputs(token: str) -> None:
    """Every input is an argument; what is required has no default, unless there is one way."""
    kind = KINDS[token]
    parameters = arguments(CLASSES[token])
    assert parameters.keys() - OUR_OWN == kind.required | kind.optional
    needed = {
        name
        for name, parameter in parameters.items()
        if name not in OUR_OWN and parameter.default is inspect.Parameter.empty
    }
    assert needed | {"folder_type"} == kind.required | {"folder_type"}


@pytest.mark.parametrize("token", CLASSES)
def test_arguments_and_outputs_are_documented_and_typed(token: str) -> None:
    """Docstrings name every argument; inputs and computed properties are outputs with types."""
    kind, declared = KINDS[token], CLASSES[token]
    documented = inspect.getdoc(declared) or ""
    for name in arguments(declared):
        assert f"\n    {name}: " in documented, name
    assert declared.__annotations__.keys() == kind.required | kind.optional | kind.computed
    assert kind.id_form in documented


def test_settings_are_those_of_the_provider() -> None:
    """An explicit provider takes what a stack's configuration takes."""
    parameters = arguments(Provider)
    assert parameters.keys() - OUR_OWN == SETTINGS.keys()


def test_public_names_are_listed() -> None:
    """What the package exports is what it lists, in order."""
    shown = {name for name, value in vars(public).items() if not _is_hidden(name, value)}
    assert set(public.__all__) == shown
    assert public.__all__ == sorted(public.__all__)


def _is_hidden(name: str, value: object) -> bool:
    return name.startswith("_") or inspect.ismodule(value)


def test_only_what_is_given_is_sent(registered: Registered, run: Run) -> None:
    """Absent inputs, computed properties and the source are not sent."""

    def program() -> pulumi.Output[str]:
        folder = Folder("llm", name="LLM Cost", source=Source("Pulumi.dev.yaml", 3))
        assert folder.source == Source("Pulumi.dev.yaml", 3)
        return folder.folder_id

    assert run(program) == "made"
    (resource,) = registered.resources
    assert resource.typ == "openobserve:index:Folder"
    assert resource.inputs == {"name": "LLM Cost", "folder_type": "dashboards"}


def test_inputs_are_sent_as_they_are_written(registered: Registered, run: Run) -> None:
    """Names inside of nested inputs are not translated either."""
    panel: public.Panel = {
        "order": 10,
        "type": "line",
        "title": "Cost",
        "width": 96,
        "height": 18,
        "query": "SELECT 1",
        "x_axis": [{"alias": "ts"}],
        "config": {"show_legends": True, "mark_line": [{"name": "Budget", "type": "yAxis"}]},
    }
    tabs: dict[str, public.Tab] = {
        "overview": {"order": 10, "name": "Overview", "panels": {"cost": panel}}
    }
    variables: dict[str, public.Variable] = {
        "feature": {
            "order": 10,
            "type": "query_values",
            "multi_select": True,
            "query_data": {"stream": "llm_calls", "stream_type": "traces", "field": "x"},
        }
    }

    def program() -> pulumi.Output[Any]:
        dashboard = Dashboard("cost", title="LLM Cost", tabs=tabs, variables=variables)
        return dashboard.tabs

    assert run(program) == tabs
    assert registered.inputs("cost") == {"title": "LLM Cost", "tabs": tabs, "variables": variables}


def test_outputs_connect_resources(registered: Registered, run: Run) -> None:
    """A dashboard in a folder of the same program gets the folder's id."""

    def program() -> pulumi.Output[str]:
        folder = Folder("llm", name="LLM Cost")
        dashboard = Dashboard("cost", title="LLM Cost", tabs={}, folder=folder.folder_id)
        return dashboard.dashboard_id

    assert run(program) == "made"
    assert registered.inputs("cost")["folder"] == "made"


def test_streams_and_pipelines_are_sent_whole(registered: Registered, run: Run) -> None:
    """Maps and lists arrive as they are; numbers stay numbers."""
    nodes: dict[str, public.Node] = {
        "in": {"type": "stream", "stream_name": "a", "stream_type": "traces", "next": ["out"]},
        "out": {"type": "stream", "stream_name": "b", "stream_type": "traces"},
    }

    def program() -> pulumi.Output[Any]:
        stream = Stream(
            "calls",
            name="llm_calls",
            stream_type="traces",
            fields={"llmcost_cost_usd": "float64"},
            data_retention=400,
            index_fields=["llmcost_model"],
            on_destroy="delete",
        )
        pipeline = Pipeline("pipeline", name="llm", nodes=nodes, enabled=False)
        return pulumi.Output.all(stream.data_retention, pipeline.pipeline_id)

    assert run(program) == [400, "made"]
    assert registered.inputs("calls") == {
        "name": "llm_calls",
        "stream_type": "traces",
        "fields": {"llmcost_cost_usd": "float64"},
        "data_retention": 400,
        "index_fields": ["llmcost_model"],
        "on_destroy": "delete",
    }
    assert registered.inputs("pipeline") == {"name": "llm", "nodes": nodes, "enabled": False}


def test_secrets_of_a_function_are_marked(registered: Registered, run: Run) -> None:
    """A plain value is encrypted on its way already, before the provider marks it."""

    def program() -> pulumi.Output[Any]:
        hashing = Function("hash", name="h", function=".", secrets={"key": "hunter2"})
        return pulumi.Output.from_input(hashing.secrets.is_secret())

    assert run(program) is True
    assert registered.inputs("hash")["secrets"][SIGNATURE]


@pytest.mark.parametrize("service", ["slack", "teams", "pagerduty"])
def test_services_have_constructors(registered: Registered, run: Run, service: str) -> None:
    """A webhook is named like its resource unless told otherwise, and its URL is marked."""

    def program() -> pulumi.Output[Any]:
        page = AlertTemplate("page", name="page", body="${secret:k}", secrets={"k": "hunter2"})
        make = getattr(AlertDestination, service)
        url = "https://hooks.example.com/hunter2"
        first = make("oncall", url=url, template=page.name)
        second = make("other", url=url, template="page", name="named", organization="team")
        return pulumi.Output.all(first.name, second.name, first.url.is_secret())

    assert run(program) == ["oncall", "named", True]
    sent = registered.inputs("oncall")
    assert sent.keys() == {"name", "template", "url"}
    assert sent["template"] == "page"
    assert sent["url"][SIGNATURE]
    assert registered.inputs("page")["secrets"][SIGNATURE]
    assert registered.inputs("other")["organization"] == "team"


def test_pagerduty_has_one_address(registered: Registered, run: Run) -> None:
    """Only the template, with the key in it, is somebody's own."""

    def program() -> pulumi.Output[Any]:
        return AlertDestination.pagerduty("oncall", template="page").url

    assert run(program) == "https://events.pagerduty.com/v2/enqueue"
    assert registered.resources[0].typ == "openobserve:index:AlertDestination"


def test_prices_stay_texts(registered: Registered, run: Run) -> None:
    """A price that became a number on the way would lose digits."""
    prices = {"input": "0.0000025", "output": "0.00001"}
    row: public.ModelPrice = {
        "match_pattern": "^gpt-4o$",
        "tiers": {"default": {"prices": prices}},
        "sort_order": 1,
    }

    def program() -> pulumi.Output[Any]:
        return ModelPriceTable("prices", models={"gpt-4o": row}).models

    assert run(program) == {"gpt-4o": row}
    assert registered.inputs("prices") == {"models": {"gpt-4o": row}}


def test_an_account_is_sent_as_little_as_it_is(registered: Registered, run: Run) -> None:
    """An address is enough; the token is never an input."""

    def program() -> pulumi.Output[bool]:
        account = ServiceAccount("ci", email="ci@llmcost.example")
        return account.email.apply(lambda email: email == "ci@llmcost.example")

    assert run(program) is True
    assert registered.inputs("ci") == {"email": "ci@llmcost.example"}
    assert registered.resources[0].typ == "openobserve:index:ServiceAccount"


def test_a_provider_keeps_its_password_secret(registered: Registered, run: Run) -> None:
    """Settings are texts for the engine, and the password is marked."""

    def program() -> pulumi.Output[Any]:
        provider = Provider(
            "second", url="http://localhost:5080", password="hunter2", timeout=2.5, parallel=4
        )
        folder = Folder("llm", name="x", opts=pulumi.ResourceOptions(provider=provider))
        return folder.folder_id

    assert run(program) == "made"
    settings = registered.inputs("second")
    assert settings["timeout"] == "2.5"
    assert settings["parallel"] == "4"
    assert settings["password"][SIGNATURE]
    assert "user" not in settings
    folder = next(one for one in registered.resources if one.name == "llm")
    assert "pulumi:providers:openobserve::second" in folder.provider


def test_options_reach_the_resource(registered: Registered, run: Run) -> None:
    """Pulumi's options are handed through: here an import."""

    def program() -> pulumi.Output[Any]:
        opts = pulumi.ResourceOptions(import_="default/llm_mark_new")
        return Function("mark", name="llm_mark_new", function=".", opts=opts).name

    assert run(program) == "llm_mark_new"
    assert registered.resources[0].resource_id == "default/llm_mark_new"
