"""Every command of every page is typed by a test, or it is said here why none can type it."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from llmcost_infra.local.server import LocalServer
from llmcost_infra.openobserve import Client
from llmcost_infra.pseudonyms import pseudonym
from tests.backtest.conftest import DAY, NOON, call
from tests.cli.conftest import llmcost  # noqa: F401 - a fixture
from tests.docs.test_pages import FENCE, OURS, PAGES
from tests.local.telemetry import span, spans_body
from tests.local.webhook import Webhook

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tests.cli.conftest import Type

ROOT = Path(__file__).parents[2]
USER, PASSWORD, KEY = "root@example.com", "Complexpass#123", "grains-of-salt"
PREPARES: Final = re.compile(r"export |cd |source \.venv/bin/activate$")
"""What only prepares a shell for the lines below it."""

ELSEWHERE: Final[Mapping[str, Mapping[str, str]]] = {
    "README.md": {r"make (up|down)$": "tests/acceptance/test_first_run.py"},
    "adopt.md": {r".*": "tests/docs/test_adopt_page.py"},
    "local.md": {r".*local serve": "tests/local/test_process.py"},
    "onboarding.md": {
        r"copier copy|python3 -m venv|.*pip install|pulumi (stack|config|up)": (
            "tests/templates/test_first_minutes.py"
        ),
        r"copier update": "tests/templates/test_team.py",
        r"pulumi new": "tests/templates/test_team_pulumi.py",
    },
    "policies.md": {r"pulumi (preview|up)": "tests/policy/test_cli.py"},
    "reconciliation.md": {
        r"python examples/reconciliation|.*--stack local": "tests/cli/test_reconcile.py"
    },
    "review.md": {r".*--base main$": "tests/acceptance/test_tutorial.py"},
    "telemetry-collector.md": {
        r"llmcost|opentelemetry-instrument|eval": "tests/apps/test_pages.py"
    },
    "telemetry-node.md": {r".*": "tests/apps/test_pages.py"},
    "telemetry-python.md": {r".*": "tests/apps/test_pages.py"},
    "tutorial.md": {r".*": "tests/acceptance/test_tutorial.py"},
}
"""Page → lines → the test that types them."""

CANNOT: Final[Mapping[str, Mapping[str, str]]] = {
    "CONTRIBUTING.md": {r"make ": "they run all tests, or those that need a real server"},
    "README.md": {
        r"make up$|.*down --remove": "its second block is about somebody's own OpenObserve"
    },
    "install.md": {
        r"python3 -m venv|pip install": "they take the published package from an index",
        r"gh ": "it asks GitHub about a release",
    },
    "telemetry-collector.md": {r"docker": "it needs Docker; a test starts what it would start"},
    "reconciliation.md": {r".*--stack prod": "it asks OpenAI with the key of an account"},
}
"""Page → lines → why no test types them."""


def lines() -> Iterator[tuple[str, str]]:
    """Yield page and line of all that readers are told to type."""
    for page in PAGES:
        for language, text in FENCE.findall(page.read_text(encoding="utf-8")):
            assert language not in {"bash", "shell", "sh"}, f"{page.name}: write it as console"
            if language == "console":
                for line in text.splitlines():
                    if line.startswith("$ "):
                        yield page.name, line[2:].partition("  #")[0].partition(" # ")[0].strip()


def covering(page: str, line: str, table: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Return what a table says of a line."""
    return [said for start, said in table.get(page, {}).items() if re.match(start, line)]


HERE: Final = list(
    dict.fromkeys(
        (page, line)
        for page, line in lines()
        if not PREPARES.match(line)
        and not covering(page, line, ELSEWHERE)
        and not covering(page, line, CANNOT)
    )
)
README_HERE: Final = [line for page, line in HERE if page == "README.md" and "pulumi" in line]


def test_what_is_typed_elsewhere_is_typed_there() -> None:
    """Each test reads the page or has the command, and no line of a table is left over."""
    used = defaultdict[str, set[str]](set)
    for page, line in lines():
        for table in (ELSEWHERE, CANNOT):
            used[page] |= {start for start in table.get(page, {}) if re.match(start, line)}
    for page in {*ELSEWHERE, *CANNOT}:
        assert used[page] >= {*ELSEWHERE.get(page, {}), *CANNOT.get(page, {})}, page
    for page, tests in ELSEWHERE.items():
        for start, test in tests.items():
            text = (ROOT / test).read_text(encoding="utf-8")
            words = (
                "serve",
                "run_update",
                '"new"',
                "--policy-pack",
                "make up",
                "review --base",
                page,
            )
            assert any(word in text for word in words), (page, start)


@dataclass(frozen=True)
class Shell:
    """A shell in a project that the README's lines brought up.

    Args:
        project: the folder.
        server: that it is about.
        environment: of the shell.
        said: what the README's lines printed.
    """

    project: Path
    server: LocalServer
    environment: dict[str, str]
    said: str

    def run(self, script: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Type something, and answer what it asks."""
        return subprocess.run(  # noqa: S603 - what our own pages say
            ["bash", "-euc", script],  # noqa: S607 - the shell that is there
            cwd=self.project,
            env=self.environment,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )


def written(url: str, webhook: str) -> str:
    """Return the README's settings of a stack for the server at hand, with somebody to tell."""
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    [text] = [text for language, text in FENCE.findall(page) if language == "yaml"]
    own = re.sub(r"^  \S+:\n    secure: .*\n", "", text, flags=re.MULTILINE)
    routes = "    history: true\n    routes: {hook: {kind: webhook, secret: hook_url}}\n"
    return (
        own.replace("https://observe.example.com", url).replace("ci@example.com", USER)
        + f"{routes}  llmcost:hook_url: {webhook}\n"
    )


def call_now(url: str) -> None:
    """Send a call of team search."""
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.input_tokens": 10,
        "gen_ai.usage.output_tokens": 10,
    }
    start = int(datetime.now(UTC).timestamp() * 1_000_000) - 1_000_000
    body = spans_body(span("chat", start, attributes), resource={"team": "search"})
    with Client(url, USER, PASSWORD) as client:
        client.export("traces", body, "llm_ingest")


@pytest.fixture
def shell(tmp_path: Path, pulumi_folder: Path) -> Iterator[Shell]:
    """Follow the README's "Use it for real" to `pulumi up`, with the program that it shows."""
    folder, project = tmp_path, tmp_path / "project"
    for name in ("project", "state", "home"):
        (folder / name).mkdir()
    for name in (".venv", "dashboards", "alerts", "tests"):
        (project / name).symlink_to(ROOT / name)
    shutil.copy(ROOT / "Pulumi.yaml", project)
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    [program] = [text for language, text in FENCE.findall(page) if language == "python"]
    (project / "__main__.py").write_text(program)
    spent: dict[str, Any] = {
        "llmcost_cost_usd": 9.0,
        "llmcost_input_tokens": 9,
        "llmcost_output_tokens": 9,
    }
    rows = pa.Table.from_pylist([call(NOON - n * DAY // 10, **spent) for n in range(99)])
    for name in ("calls.parquet", "october.parquet"):
        pq.write_table(rows, project / name)
    with LocalServer(folder / "data", password=PASSWORD) as server, Webhook() as webhook:
        own = written(server.url, webhook.url)
        (project / "Pulumi.prod.yaml").write_text(own)
        environment = {
            "PATH": os.pathsep.join(
                (str(Path(sys.executable).parent), str(pulumi_folder), os.environ["PATH"])
            ),
            "HOME": str(folder / "home"),
            "KEY": KEY,
            "PULUMI_BACKEND_URL": (folder / "state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "x",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_OPTION_SKIP_PREVIEW": "true",  # the line before it is one
            "PULUMI_SKIP_CONFIRMATIONS": "true",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        one = Shell(project, server, environment, "")
        done = one.run("\n".join(README_HERE), PASSWORD)
        assert done.returncode == 0, done.stdout + done.stderr
        call_now(server.url)
        git = "git -c user.name=t -c user.email=t@example.com"
        ignored = "printf '.venv\\nstate\\n*.parquet\\n' > .gitignore"
        made = one.run(f"{ignored}; git init -qb main; git add -A; {git} commit -qm x")
        assert made.returncode == 0, made.stderr
        yield Shell(project, server, environment, done.stdout)


@pytest.mark.cli
def test_every_other_line_does_what_the_page_says(
    shell: Shell,
    llmcost: Type,  # noqa: F811 - the fixture above
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The README leads to a stack; each line of another page comes to its end on that stack.

    One test, because the stack is brought up once for all of them.
    """
    _brought_up(shell)
    monkeypatch.chdir(shell.project)
    for name, value in (shell.environment | {"LLMCOST_HASH_KEY": KEY}).items():
        monkeypatch.setenv(name, value)
    for name, value in {"URL": shell.server.url, "USER": USER, "PASSWORD": PASSWORD}.items():
        monkeypatch.setenv(f"OPENOBSERVE_{name}", value)
    month, broken = f"{datetime.now(UTC):%Y-%m}", list[str]()
    for page, line in HERE:
        # What is stored is of this month, whichever that is, and one stack is there.
        here = re.sub(r"2026-1[01]", month, line).replace("--stack dev", "--stack prod")
        if found := OURS.search(here):
            ended = llmcost(*shlex.split(found[1])[1:])
            # What the doctor finds is an answer too.
            fine = {0, 4} if "doctor" in line else {0}
            code, said = ended.code, ended.out + ended.err
        elif page == "README.md":
            continue  # the fixture has typed it
        else:
            done = shell.run(line, PASSWORD)
            fine, code, said = {0}, done.returncode, done.stdout + done.stderr
            if "openssl dgst" in line:
                assert done.stdout.strip() == pseudonym("ann@example.com", KEY)
        if code not in fine or not (said or "config set" in line):
            broken.append(f"{page}: {line}: {code}\n{said}")
    assert not broken, "\n".join(broken)


def _brought_up(shell: Shell) -> None:
    """See that secrets are encrypted, and that everything is on the server."""
    kept = (shell.project / "Pulumi.prod.yaml").read_text()
    assert kept.count("secure:") == 2
    assert PASSWORD not in kept + shell.said
    assert re.search(r"\+ \d\d created", shell.said)
    with Client(shell.server.url, USER, PASSWORD) as client:
        assert client.stream_schema("llm_calls")
