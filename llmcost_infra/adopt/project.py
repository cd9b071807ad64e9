"""The project around object files: program, stack, import file, and a page that says what to do."""

from __future__ import annotations

import json
from datetime import UTC
from typing import TYPE_CHECKING, Final

from llmcost_infra.adopt.yaml_text import yaml_text
from llmcost_infra.catalog.object_files import KIND_FOLDERS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from llmcost_infra.adopt.adopting import Adoption, Place
    from llmcost_infra.adopt.organization import Object

__all__ = ["IMPORT_FILE", "PAGE", "page", "project_files"]

IMPORT_FILE: Final = "import.json"
"""What `pulumi import --file` reads."""
PAGE: Final = "README.md"
"""The page that says what to do."""

_PROGRAM: Final = '''\
"""The organization {organization} of OpenObserve: one file an object, in objects/."""

from llmcost_infra.components import declare_objects

declare_objects()
'''
_PROJECT: Final = """name: {project}
description: What the organization {organization} of OpenObserve holds.
runtime:
  name: python
  options:
    toolchain: pip
    virtualenv: .venv
requiredPulumiVersion: ">=3.200.0"
plugins:
  providers:
    # The provider is a console script of llmcost-infra: no download, no second environment.
    - name: openobserve
      path: .venv/bin
"""
_IGNORED: Final = ".venv/\n__pycache__/\n"


def project_files(
    adoption: Adoption, place: Place, named: Sequence[tuple[str, Object]], moment: datetime
) -> dict[str, str]:
    """Return the files of a project besides its object files.

    Args:
        adoption: what was adopted and what was not.
        place: server and stack.
        named: each object with the name of its resource.
        moment: when it was read.
    """
    described = {"organization": place.organization, "project": place.project}
    listing = [
        {"type": KIND_FOLDERS[one.folder], "name": name, "id": one.id} for name, one in named
    ]
    return {
        "__main__.py": _PROGRAM.format(**described),
        "Pulumi.yaml": _PROJECT.format(**described),
        f"Pulumi.{place.stack}.yaml": _stack(place),
        "requirements.txt": f"llmcost-infra=={place.version}\n",
        ".gitignore": _IGNORED,
        IMPORT_FILE: json.dumps({"resources": listing}, indent=2, ensure_ascii=False) + "\n",
        PAGE: page(adoption, place, moment),
    }


def _stack(place: Place) -> str:
    config = {
        "openobserve:url": place.url,
        "openobserve:user": place.user,
        "openobserve:organization": place.organization,
    }
    return (
        "# The password is no line of this file: OPENOBSERVE_PASSWORD in the environment, or\n"
        f"#   pulumi config set --stack {place.stack} --secret openobserve:password\n"
        + yaml_text({"config": config})
    )


def page(adoption: Adoption, place: Place, moment: datetime) -> str:
    """Return the page: where everything is from, what to type, which secrets, what is missing."""
    read = f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    lines = [
        f"# The organization {place.organization} of OpenObserve",
        "",
        f"Read from {place.url} on {read} by `llmcost adopt`. Each object is a file in `objects/`;",
        "its texts (SQL, VRL, what a notification says) are files beside it.",
        "",
        "## Take it over",
        "",
        "```console",
        *(f"$ {step}" for step in adoption.steps),
        "```",
        "",
        "The preview shows nothing to do. If it does, a secret has another value than on the",
        "server, or somebody changed an object meanwhile. After that, this page has done its work.",
        "",
        *_secrets(adoption),
        *_left(adoption),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _secrets(adoption: Adoption) -> list[str]:
    if not adoption.secrets:
        return []
    return [
        "## Secrets",
        "",
        "Their values are nowhere in this folder; they stand in the UI, or with whoever gave them.",
        "",
        "| key | what it is |",
        "|---|---|",
        *(f"| `{one.name}` | {_cell(one.what)} |" for one in adoption.secrets),
        "",
    ]


def _left(adoption: Adoption) -> list[str]:
    if not adoption.left:
        return []
    return [
        "## Not adopted",
        "",
        "These stay on the server as they are; this project neither changes nor removes them.",
        "",
        "| kind | name | why | what one can do |",
        "|---|---|---|---|",
        *(
            f"| {one.kind} | {_cell(one.name)} | {_cell(one.why)} | {_cell(one.next)} |"
            for one in adoption.left
        ),
        "",
    ]


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
