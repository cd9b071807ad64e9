"""A program is run as a preview of a new stack runs it, and everything it registers is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from llmcost_infra.errors import DeclarationError, ProgramError
from llmcost_infra.program import run_program

if TYPE_CHECKING:
    from pathlib import Path

    from tests.program.conftest import Project

FOLDER = "openobserve:index:Folder"


def test_resources_come_in_the_order_of_the_program_with_their_places(project: Project) -> None:
    """Type, name, URN, parent, inputs with defaults, and the line of the project's own file."""
    project.write(
        "own.py",
        """
        import pulumi
        from llmcost_infra.resources import Folder

        class Team(pulumi.ComponentResource):
            def __init__(self, name):
                super().__init__("shop:index:Team", name)
                Folder(f"{name}-folder", name=name, opts=pulumi.ResourceOptions(parent=self))
        """,
    )
    program = project.run(
        """
        from llmcost_infra.resources import Folder
        from own import Team

        Team("search")
        Folder("last", name="Last", folder_type="alerts")
        """
    )
    team, inner, last = program.resources
    assert (program.project, program.stack, program.asked) == ("shop", "dev", ())
    assert (team.type, team.custom, team.parent) == ("shop:index:Team", False, None)
    assert (inner.name, inner.type, inner.parent) == ("search-folder", FOLDER, team.urn)
    assert inner.urn == f"urn:pulumi:dev::shop::shop:index:Team${FOLDER}::search-folder"
    assert inner.inputs == {
        "name": "search",
        "folder_type": "dashboards",
        "description": "",
        "organization": "default",
    }
    places = [(one.source.path, one.source.line) for one in program.resources if one.source]
    assert places == [("own.py", 6), ("own.py", 7), ("__main__.py", 5)]
    assert (last.custom, last.read, last.problems, last.unknown) == (True, False, (), ())


def test_a_resource_that_says_where_it_is_from_is_believed(project: Project) -> None:
    """A declaration's file and line are more to a reviewer than the line that read it."""
    found = project.resources(
        """
        from llmcost_infra.resources import Folder, Source

        Folder("a", name="A", source=Source("dashboards/a.yaml", 4))
        """
    )
    assert found["a"].source is not None
    assert (found["a"].source.path, found["a"].source.line) == ("dashboards/a.yaml", 4)
    assert "source" not in found["a"].inputs


def test_outputs_are_readable_references(project: Project) -> None:
    """What our provider computes has its name; what another one computes names the resource."""
    found = project.resources(
        """
        import pulumi
        from llmcost_infra.resources import Dashboard, Folder

        folder = Folder("f", name="F")
        bucket = pulumi.CustomResource("aws:s3:Bucket", "b", {"arn": None, "size": 3})
        panel = {
            "order": 1, "type": "markdown", "title": "T", "width": 192, "height": 5,
            "markdown_content": bucket.arn if hasattr(bucket, "arn") else bucket.id,
        }
        Dashboard(
            "d",
            title=pulumi.Output.concat("About ", folder.id),
            folder=folder.folder_id,
            tabs={"t": {"order": 1, "name": "T", "panels": {"p": panel}}},
        )
        """
    )
    dashboard = found["d"]
    assert dashboard.inputs["folder"] == "${f.folder_id}"
    assert dashboard.inputs["title"] == "About ${f.id}"
    panel = dashboard.inputs["tabs"]["t"]["panels"]["p"]
    assert panel["markdown_content"] == "${b}"
    assert (dashboard.unknown, dashboard.problems) == (("tabs",), ())
    assert found["b"].inputs == {"size": 3}


def test_what_is_certain_before_an_update_is_known_to_the_program(project: Project) -> None:
    """A default of the provider is a value that other resources can use."""
    found = project.resources(
        """
        from llmcost_infra.resources import Folder, Stream

        stream = Stream("s", name="llm", stream_type="traces")
        Folder("f", name=stream.on_destroy, description=stream.id)
        """
    )
    assert found["f"].inputs["name"] == "retain"
    assert found["f"].inputs["description"] == "${s.id}"


def test_secrets_are_hidden_however_they_came(project: Project) -> None:
    """Configuration, an output that is secret, and what a kind calls secret: none is told."""
    project.write("Pulumi.dev.yaml", "config:\n  shop:token: {secure: v1:cipher}\n")
    found = project.resources(
        """
        import pulumi
        from llmcost_infra.resources import Folder, Function

        token = pulumi.Config().require_secret("token")
        Function("f", name="f", function=".a = ${secret:t}\\n.", secrets={"t": token})
        Folder("g", name=pulumi.Output.secret("hush-hush "), description=token)
        """
    )
    assert found["f"].inputs["secrets"] == "[secret]"
    assert found["f"].problems == ()
    assert found["g"].inputs["name"] == "[secret]"
    assert found["g"].inputs["description"] == "[secret]"
    assert "hush" not in str(found["g"])


def test_what_the_provider_would_refuse_is_told_at_its_path(project: Project) -> None:
    """The provider's own check runs, with defaults filled in, and knows no secret either."""
    found = project.resources(
        """
        import pulumi
        from llmcost_infra.resources import Folder, Stream

        Stream("s", name="Bad-Name", stream_type="traces", data_retention=-1)
        Folder("f", name="x", folder_type=pulumi.Output.secret("hush-hush"))
        """
    )
    told = {problem.path: problem.message for problem in found["s"].problems}
    assert told.keys() == {"name", "data_retention"}
    assert "bad_name" in told["name"]
    (problem,) = found["f"].problems
    assert problem.path == "folder_type"
    assert "[secret]" in problem.message
    assert "hush" not in problem.message


def test_an_asset_is_told_and_stops_nothing_of_others(project: Project) -> None:
    """Another provider may take a file; ours refuses it."""
    found = project.resources(
        """
        import pulumi
        from llmcost_infra.resources import Folder

        asset = pulumi.StringAsset("text")
        pulumi.CustomResource("aws:s3:Object", "o", {"source": asset, "key": "k"})
        Folder("f", name="x", description=asset)
        """
    )
    assert found["o"].inputs == {"source": "[asset]", "key": "k"}
    assert found["o"].problems == ()
    assert [problem.path for problem in found["f"].problems] == ["description"]


@pytest.mark.parametrize(
    ("config", "environment", "organization"),
    [
        ("{}", "", "default"),
        ("{}", "acme", "acme"),
        ("{openobserve:organization: shop}", "acme", "shop"),
    ],
)
def test_the_organization_is_the_provider_s(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    config: str,
    environment: str,
    organization: str,
) -> None:
    """The stack's setting, the environment, else the default; an explicit provider has its own."""
    project.write("Pulumi.dev.yaml", f"config: {config}\n")
    monkeypatch.setenv("OPENOBSERVE_ORG", environment)
    found = project.resources(
        """
        import pulumi
        from llmcost_infra.resources import Folder, Provider

        other = Provider("other", url="https://o.example.com", organization="theirs")
        Folder("ours", name="a")
        Folder("theirs", name="b", opts=pulumi.ResourceOptions(provider=other))
        """
    )
    assert found["ours"].inputs["organization"] == organization
    assert found["theirs"].inputs["organization"] == "theirs"


def test_what_only_a_server_knows_is_unknown_and_listed(project: Project) -> None:
    """A looked-up resource is no managed one, and a function of a provider has no answer here."""
    program = project.run(
        """
        import pulumi
        from llmcost_infra.resources import Folder

        platform = pulumi.StackReference("acme/platform/prod")
        image = pulumi.runtime.invoke("aws:ec2/getAmi:getAmi", {"owner": "me"})
        Folder("f", name=platform.get_output("folder"), description=str(image.value))
        """
    )
    reference, folder = program.resources
    assert (reference.type, reference.read) == ("pulumi:pulumi:StackReference", True)
    assert folder.inputs["name"] == "${acme/platform/prod}"
    assert folder.unknown == ("name",)
    assert program.asked == ("aws:ec2/getAmi:getAmi",)


def test_a_program_sees_itself_previewed_in_its_own_folder(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Project, stack, folder, arguments and configuration are as under the engine."""
    monkeypatch.chdir(tmp_path)
    found = project.resources(
        """
        import os, sys
        import pulumi
        from llmcost_infra.resources import Folder

        print("to nobody", file=sys.stdout)
        said = [
            pulumi.get_project(), pulumi.get_stack(), pulumi.runtime.is_dry_run(),
            os.path.basename(os.getcwd()), sys.argv, pulumi.Config().require_int("size"),
            __name__, sys.stdin.read(),
        ]
        Folder("f", name=str(said))
        sys.exit(0)
        """
    )
    assert found["f"].inputs["name"] == str(
        ["shop", "dev", True, "project", ["."], 3, "__main__", ""]
    )


def test_an_asynchronous_program_is_waited_for(project: Project) -> None:
    """What is registered while outputs are awaited, and in an apply, is there."""
    found = project.resources(
        """
        import asyncio
        import pulumi
        from llmcost_infra.resources import Folder

        async def main():
            await asyncio.sleep(0)
            first = Folder("first", name="a")
            first.folder_id.apply(lambda id_: Folder("second", name=id_))
            return {"folder": first.folder_id}

        pulumi.run(main)
        """
    )
    assert found["second"].inputs["name"] == "${first.folder_id}"


def test_two_runs_share_nothing(project: Project) -> None:
    """A program that changes its process leaves no trace in the next run."""
    program = """
        import json
        import pulumi
        from llmcost_infra.resources import Folder

        Folder("f", name=str(getattr(json, "spoilt", False)))
        json.spoilt = True
        """
    assert project.run(program) == project.run(program)


def test_a_package_beside_the_program_stands_in_for_none_of_ours(project: Project) -> None:
    """The program's folder comes after what this process needs; its own modules are found."""
    project.write("llmcost_infra/__init__.py", "raise RuntimeError\n")
    project.write("helper.py", "NAME = 'helped'\n")
    found = project.resources(
        """
        from helper import NAME
        from llmcost_infra.resources import Folder

        Folder("f", name=NAME)
        """
    )
    assert found["f"].inputs["name"] == "helped"


def test_settings_that_are_wrong_come_with_file_line_and_hint(project: Project) -> None:
    """Our own words, every problem, as if the file had been read by hand; exit code 2."""
    project.write(
        "Pulumi.dev.yaml",
        """
        config:
          shop:settings:
            environment: dev
            folders: 3
            retention:
              llm_days: 0
        """,
    )
    with pytest.raises(DeclarationError) as caught:
        project.run("from llmcost_infra.components import stack_settings\nstack_settings()\n")
    file = project.folder / "Pulumi.dev.yaml"
    assert str(caught.value) == (
        f"{file}:4: folders: unknown key\n  did you mean 'folder'?\n"
        f"{file}:6: retention.llm_days: input should be greater than or equal to 1"
    )
    assert caught.value.exit_code == 2


def test_a_declaration_that_is_wrong_comes_with_file_and_line(project: Project) -> None:
    """A mistake in the project's own dashboard is told at its place, through the component."""
    project.write("Pulumi.dev.yaml", "config:\n  shop:settings: {environment: dev}\n")
    project.write("dashboards/llm_cost.yaml", "title: Mine\ntabz: {}\n")
    with pytest.raises(DeclarationError) as caught:
        project.run(
            """
            from llmcost_infra.components import LlmCost, stack_settings

            LlmCost("c", stack_settings())
            """
        )
    assert f"{project.folder / 'dashboards/llm_cost.yaml'}:2: tabz: unknown key" in str(
        caught.value
    )


def test_configuration_that_is_missing_is_told_at_the_stack_s_file(project: Project) -> None:
    """The SDK's own words name the key and the command that sets it."""
    with pytest.raises(DeclarationError, match=r"'shop:absent'.*pulumi config set") as caught:
        project.run("import pulumi\npulumi.Config().require('absent')\n")
    assert caught.value.path == project.folder / "Pulumi.dev.yaml"


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("import pulumi\nraise pulumi.RunError('Only words.')\n", "Only words."),
        ("import sys\nsys.exit(5)\n", "ended with exit code 5 before"),
        ("import os\nprint('so long', flush=True)\nos._exit(7)\n", "exit code 7 .*\nso long"),
        ("def f(:\n", "__main__.py.*, line 1\n"),
    ],
)
def test_a_program_that_does_not_end_well_is_told(
    project: Project, program: str, said: str
) -> None:
    """Words where there are words, an exit code where there is one."""
    with pytest.raises(ProgramError, match=said) as caught:
        project.run(program)
    assert caught.value.exit_code == 1


def test_an_exception_is_shown_as_its_last_lines(project: Project) -> None:
    """The reader sees where in the project it happened, not the inside of libraries."""
    project.write("prices.py", "def of(name):\n    return {}[name]\n")
    with pytest.raises(ProgramError) as caught:
        project.run("import prices\n\nprices.of('gpt')\n")
    lines = str(caught.value).splitlines()
    assert lines[0] == "The program raised an exception:"
    assert '  File "__main__.py", line 3, in <module>' in lines
    assert '  File "prices.py", line 2, in of' in lines
    assert lines[-2:] == ["KeyError: 'gpt'", "  Mend it and try again."]
    assert str(project.folder) not in str(caught.value)


def test_an_exception_in_an_apply_is_the_program_s(project: Project) -> None:
    """What fails while outputs are awaited fails the run."""
    with pytest.raises(ProgramError, match="ZeroDivisionError"):
        project.run("import pulumi\npulumi.Output.from_input(0).apply(lambda n: 1 / n)\n")


def test_an_exception_beside_one_of_ours_is_not_mistaken_for_it(project: Project) -> None:
    """Only what was raised from our error is told in its words."""
    with pytest.raises(ProgramError, match="KeyError: 'later'"):
        project.run(
            """
            from llmcost_infra.errors import DeclarationError

            try:
                raise DeclarationError("handled", path="a.yaml")
            except DeclarationError:
                {}["later"]
            """
        )


def test_the_same_resource_twice_is_refused(project: Project) -> None:
    """The engine would refuse the second one as well."""
    with pytest.raises(ProgramError, match="declares openobserve:index:Folder 'a' twice"):
        project.run(
            """
            from llmcost_infra.resources import Folder

            Folder("a", name="x")
            Folder("a", name="y")
            """
        )


def test_nothing_is_run_for_a_stack_that_is_not_there(project: Project) -> None:
    """The files are read first."""
    with pytest.raises(DeclarationError, match="there is no stack 'def'"):
        run_program(project.folder, "def")
