"""A project's files are read as the engine reads them, but for secrets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from llmcost_infra.errors import DeclarationError
from llmcost_infra.program.project import read_stack

if TYPE_CHECKING:
    from tests.program.conftest import Project


def test_values_are_text_under_their_full_names(project: Project) -> None:
    """A program gets text as it stands, all else as JSON; a short key is the project's."""
    project.write(
        "Pulumi.dev.yaml",
        """
        config:
          shop:flag: true
          shop:count: 3
          shop:word: yes
          shop:quoted: "3"
          shop:nothing:
          short: here
          aws:region: eu-west-1
          shop:object: {a: [1, b]}
        """,
    )
    assert read_stack(project.folder, "dev").config == {
        "shop:flag": "true",
        "shop:count": "3",
        "shop:word": "yes",
        "shop:quoted": "3",
        "shop:nothing": "",
        "shop:short": "here",
        "aws:region": "eu-west-1",
        "shop:object": '{"a": [1, "b"]}',
    }


def test_what_is_encrypted_is_a_placeholder_and_secret(project: Project) -> None:
    """No passphrase is asked for: an encrypted value, also deep inside, is told as hidden."""
    project.write(
        "Pulumi.dev.yaml",
        """
        encryptionsalt: v1:salt
        config:
          shop:token: {secure: v1:cipher}
          shop:routes: [{url: u, key: {secure: v1:cipher}}]
          shop:plain: p
        """,
    )
    stack = read_stack(project.folder, "dev")
    assert stack.secret == {"shop:token", "shop:routes"}
    assert stack.config["shop:token"] == "[secret]"
    assert json.loads(stack.config["shop:routes"]) == [{"url": "u", "key": "[secret]"}]
    assert "cipher" not in str(stack.config)


def test_a_project_s_defaults_stand_behind_the_stack_s_values(project: Project) -> None:
    """Values and defaults of Pulumi.yaml hold for every stack that says nothing else."""
    project.write(
        "Pulumi.yaml",
        """
        name: shop
        runtime: {name: python, options: {virtualenv: .venv}}
        config:
          size: {type: integer, default: 1}
          depth: {type: integer, default: 2}
          width: {value: 3}
          untold: {type: string, description: "said by no stack"}
          plain: p
          map: {a: 1}
        """,
    )
    assert read_stack(project.folder, "dev").config == {
        "shop:size": "3",
        "shop:depth": "2",
        "shop:width": "3",
        "shop:plain": "p",
        "shop:map": '{"a": 1}',
    }


@pytest.mark.parametrize("name", ["dev", "acme/dev", "acme/shop/dev"])
def test_a_stack_is_found_by_any_form_of_its_name(project: Project, name: str) -> None:
    """An organization and a project before the name are the engine's business."""
    assert read_stack(project.folder, name).name == "dev"


def test_stack_files_may_have_a_folder_of_their_own(project: Project) -> None:
    """The project may say where its stacks are configured."""
    project.write("Pulumi.yaml", "name: shop\nruntime: python\nstackConfigDir: stacks\n")
    project.write("stacks/Pulumi.prod.yaml", "config: {shop:size: 9}\n")
    assert read_stack(project.folder, "prod").config == {"shop:size": "9"}


def test_a_stack_that_is_not_there_is_told_with_the_nearest_one(project: Project) -> None:
    """A misspelt name is answered with the one that was meant."""
    project.write("Pulumi.staging.yaml", "config: {}\n")
    with pytest.raises(DeclarationError, match="there is no stack 'stagin'") as caught:
        read_stack(project.folder, "stagin")
    assert caught.value.hint == "did you mean 'staging'?"
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("Pulumi.yaml", "- a\n", "Pulumi.yaml:1: must be a map"),
        ("Pulumi.yaml", "name: shop\nruntime: nodejs\n", "yaml:2: runtime: 'nodejs' programs"),
        ("Pulumi.yaml", "name: shop\nruntime: python\nmain: infra\n", "yaml:3: main: there is no"),
        ("Pulumi.dev.yaml", "config:\n- a\n", "Pulumi.dev.yaml:1: config: must be a map"),
        ("Pulumi.dev.yaml", "a: 1\na: 2\n", "Pulumi.dev.yaml:2: the key 'a' stands twice"),
        ("Pulumi.dev.yaml", "config: {\n", "Pulumi.dev.yaml:2: is not YAML"),
    ],
)
def test_a_wrong_file_is_told_with_its_line(
    project: Project, name: str, text: str, said: str
) -> None:
    """Nothing is run when the files of the project cannot be what was meant."""
    project.write(name, text)
    with pytest.raises(DeclarationError) as caught:
        read_stack(project.folder, "dev")
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("main", "file", "folder", "program"),
    [
        ("infra", "infra/__main__.py", "infra", "."),
        ("infra/app.py", "infra/app.py", "infra", "app.py"),
    ],
)
def test_the_program_runs_where_the_engine_would_run_it(
    project: Project, main: str, file: str, folder: str, program: str
) -> None:
    """A folder or a file named by the project is run in its own folder."""
    project.write("Pulumi.yaml", f"name: shop\nruntime: python\nmain: {main}\n")
    project.write(file, "import pulumi\n")
    stack = read_stack(project.folder, "dev")
    assert stack.working_folder == project.folder / folder
    assert stack.program == program


def test_a_problem_of_the_settings_has_its_line_in_the_stack_s_file(project: Project) -> None:
    """Settings know no file; the stack knows where each of them stands."""
    project.write(
        "Pulumi.dev.yaml",
        """
        config:
          settings:
            retention:
              llm_days: 0
            billing:
              - provider: openai
                account: ""
        """,
    )
    stack = read_stack(project.folder, "dev")
    lines = [
        stack.placed(DeclarationError(f"{at}: wrong", path="llmcost:settings")).line
        for at in ("retention.llm_days", "billing.0.account", "environment")
    ]
    assert lines == [4, 7, 2]


def test_a_problem_elsewhere_names_the_file_as_seen_from_here(project: Project) -> None:
    """A file of the project is named like the project's folder; others as they are."""
    stack = read_stack(project.folder, "dev")
    inside, outside = project.folder.resolve() / "dashboards/a.yaml", "elsewhere/b.yaml"
    assert stack.placed(DeclarationError("x", path=inside, line=3)).line == 3
    assert stack.placed(DeclarationError("x", path=inside)).path == (
        project.folder / "dashboards/a.yaml"
    )
    assert str(stack.placed(DeclarationError("x", path=outside, hint="h"))) == (
        "elsewhere/b.yaml: x\n  h"
    )
