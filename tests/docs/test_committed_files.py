"""The repository is for everybody: no file in it knows one machine, and each is of a size."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
FOREIGN = {
    "a path of one machine": r"(?<![\w.])/(?:work|root|Users|home/\w+|tmp/\w+)/",
    # Written with brackets, so that this file is not one of its own findings.
    "the host of a package registry": (
        r"pypi[.]org|pythonhosted[.]org|proxy[.]golang[.]org|npmjs[.]org|crates[.]io"
        r"|repo1[.]maven|deb[.]debian"
    ),
}


def committed() -> list[Path]:
    """Return every file that git knows and that is there."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607 - git, wherever it is
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("what", FOREIGN)
def test_no_committed_file_names(what: str) -> None:
    """A clone works anywhere: nothing in it points at one machine or at one package index."""
    pattern = re.compile(FOREIGN[what])
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in committed()
        if (match := pattern.search(path.read_bytes().decode(errors="ignore")))
    ]

    assert found == []


@pytest.mark.parametrize(
    ("line", "foreign"),
    [
        # With | for /, so that this file is not one of its own findings.
        ("cd |root|project", True),
        ("file:|||home|ann|state", True),
        ("see |tmp|out|log", True),
        ("$HOME|work|x", False),
        ("https:||example.com|work|x", False),
        ("|tmp", False),
    ],
)
def test_a_path_of_one_machine_is_recognised(line: str, *, foreign: bool) -> None:
    """The search finds absolute paths below personal folders, and not those of an address."""
    pattern = FOREIGN["a path of one machine"]

    assert bool(re.search(pattern, line.replace("|", "/"))) is foreign


def test_every_module_says_what_it_is_for_and_what_it_exports() -> None:
    """A module of the package starts with a docstring, and __all__ is explicit and sorted."""
    for path in (ROOT / "llmcost_infra").rglob("*.py"):
        tree = ast.parse(path.read_text())
        assert ast.get_docstring(tree), path
        exported = [
            ast.literal_eval(node.value)
            for node in tree.body
            if isinstance(node, ast.Assign | ast.AnnAssign)
            and node.value
            and ast.unparse(node).startswith("__all__")
        ]
        if len(tree.body) > 1:
            assert exported, path


def test_modules_and_functions_are_small() -> None:
    """No module is over 500 lines and no function over 60; half of them are far below."""
    modules: dict[str, int] = {}
    functions: dict[str, int] = {}
    for path in (ROOT / "llmcost_infra").rglob("*.py"):
        text = path.read_text()
        modules[str(path)] = text.count("\n")
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef) and node.end_lineno:
                functions[f"{path}: {node.name}"] = node.end_lineno - node.lineno + 1

    assert [name for name, lines in modules.items() if lines > 500] == []
    assert [name for name, lines in functions.items() if lines > 60] == []
    assert statistics.median(modules.values()) < 200
    assert statistics.median(functions.values()) < 10
