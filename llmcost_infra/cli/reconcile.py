"""`llmcost reconcile`: our sum of a month against the provider's bill."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from llmcost_infra.cli.arguments import stack_option
from llmcost_infra.cli.printing import json_option, print_json, print_table, progress

if TYPE_CHECKING:
    from llmcost_infra.reconcile.comparison import Comparison

__all__ = ["reconcile"]


@click.command()
@click.argument("provider", type=click.Choice(("openai", "anthropic")))
@stack_option("whose calls are compared")
@click.option("--month", help="UTC month, like 2026-10; the last one that is over by default.")
@click.option("--scope", "scopes", multiple=True, help="Only this scope; may be given repeatedly.")
@click.option("--account", help="Account, where the stack has several of the provider.")
@click.option(
    "--bill",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Read a downloaded bill: the OpenAI dashboard's CSV, or FOCUS 1.x of any cloud.",
)
@click.option("--api", "api_url", help="Address of the provider's API; for a proxy or a stand-in.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write report.md, .html, .csv, .json and .svg into this folder.",
)
@click.option("--write/--no-write", default=True, help="Write the result to llm_billing_daily.")
@json_option
def reconcile(  # noqa: PLR0913, PLR0917 - click hands every option over
    provider: str,
    stack: str,
    month: str | None,
    scopes: tuple[str, ...],
    account: str | None,
    bill: Path | None,
    api_url: str | None,
    out: Path | None,
    write: bool,
    as_json: bool,
) -> int:
    """Compare a month with a provider's bill, and say why they differ.

    Closed days are compared by scope, day, model and class of tokens. The key of an administrator
    is read from OPENAI_ADMIN_KEY or ANTHROPIC_ADMIN_KEY, else from the secret that the stack's
    `billing` names as `admin_key`. It is sent to the provider and nowhere else.

    Exit codes: 0 within 5 % or $1 for every scope and model, 4 beyond it, 1 where data are missing.
    """
    # Heavy, and help needs none of it.
    from datetime import UTC, datetime  # noqa: PLC0415

    from llmcost_infra.first_run.at_hand import client_at_hand  # noqa: PLC0415
    from llmcost_infra.first_run.target import project_folder  # noqa: PLC0415
    from llmcost_infra.reconcile.run import Request, run  # noqa: PLC0415

    project, now = project_folder(), datetime.now(UTC)
    request = Request(provider, stack, month, scopes, account, bill, api_url, write=write)
    with client_at_hand() as client, progress("Comparing") as shown:
        found = run(request, project, client, now, lambda what: shown.update(f"Comparing: {what}"))
    if out is not None:
        _write(found, out)
    if as_json:
        from llmcost_infra.reconcile.report import as_json as told  # noqa: PLC0415

        print_json(told(found))
    else:
        _print(found)
    return found.exit_code


def _print(found: Comparison) -> None:
    from llmcost_infra.reconcile.report import headline, sections  # noqa: PLC0415

    click.echo(click.style(headline(found), bold=True))
    for one in sections(found):
        click.echo(f"\n{click.style(one.title, bold=True)}")
        if one.head:
            print_table(one.head, one.rows)
        else:
            for row in one.rows:
                click.echo(f"  {row[0]}")


def _write(found: Comparison, folder: Path) -> None:
    import json  # noqa: PLC0415

    from llmcost_infra.reconcile.pages import as_html, as_svg  # noqa: PLC0415
    from llmcost_infra.reconcile.report import as_csv, as_json, as_markdown  # noqa: PLC0415

    folder.mkdir(parents=True, exist_ok=True)
    texts = {
        "md": as_markdown(found),
        "html": as_html(found),
        "csv": as_csv(found),
        "json": json.dumps(as_json(found), indent=2) + "\n",
        "svg": as_svg(found),
    }
    for suffix, text in texts.items():
        (folder / f"report.{suffix}").write_text(text, encoding="utf-8")
    click.echo(f"The report is in {folder}: report.{', .'.join(texts)}", err=True)
