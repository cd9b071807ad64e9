"""A team's budget, from one line: its alerts, its dashboards, and whom they tell."""

from __future__ import annotations

from decimal import ROUND_UP, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pulumi
from pydantic import Field, ValidationError

from llmcost_infra.components.alerts import CostAlerts
from llmcost_infra.components.dashboard import CostDashboard
from llmcost_infra.components.reporting import stack_settings, without_traceback
from llmcost_infra.declarations import InvalidDeclaration, Strict, nearest, problems_of
from llmcost_infra.errors import DeclarationError
from llmcost_infra.settings import Budget, Owner, Team, TeamName, Usd

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmcost_infra.components.streams import LlmStreams
    from llmcost_infra.settings import Settings

__all__ = ["TeamBudget"]

_WORKING_DAYS: Final = 20
"""A month has at least so many: most teams spend little on the others."""
_CENT: Final = Decimal("0.01")
_HEARD: Final = frozenset({"page", "warn", "info"})


class _Asked(Strict):
    """What a program asks for, checked before anything is registered."""

    team: Team
    monthly_usd: Usd
    daily_usd: Usd | None = None
    feature_daily_usd: dict[TeamName, Usd] = Field(default_factory=dict[str, Decimal])

    @property
    def budget(self) -> Budget:
        """The budget, with a working day's share of the month where no day's is given."""
        share = (self.monthly_usd / _WORKING_DAYS).quantize(_CENT, rounding=ROUND_UP)
        return Budget(
            monthly_usd=self.monthly_usd,
            daily_usd=self.daily_usd or share,
            feature_daily_usd=self.feature_daily_usd,
        )


class TeamBudget(pulumi.ComponentResource):
    """Budget, burn, forecast and anomaly alerts of one team, and its dashboards.

    The statements are those of the whole stack, over the calls of the team alone. Streams and
    pipeline are not touched: those of the platform's stack are read.

    Args:
        team: its name as it is stored: the one in ``teams.yaml``, or else what applications send.
        monthly_usd: USD a calendar month (UTC), as text like ``"4000"``.
        owners: who answers for it; every alert names them.
        daily_usd: USD in 24 hours, as text; by default a twentieth of the month's.
        feature_daily_usd: USD in 24 hours by feature, as text.
        features: who answers for a feature, by its name; they stand beside its unit costs.
        routes: names of the stack's routes that are told; all that take alerts unless given.
        settings: the stack's; read from its configuration unless given.
        streams: those of the same program, if it declares them.
        project: folder whose declarations override the shipped ones.
        opts: Pulumi options.

    Raises:
        pulumi.RunError: a name, an amount or a route is wrong, or there is nobody to tell.
    """

    dashboard: CostDashboard
    alerts: CostAlerts

    def __init__(  # noqa: PLR0913 - each is something that a budget has
        self,
        *,
        team: str,
        monthly_usd: str,
        owners: Sequence[str],
        daily_usd: str | None = None,
        feature_daily_usd: Mapping[str, str] | None = None,
        features: Mapping[str, Owner] | None = None,
        routes: Sequence[str] | None = None,
        settings: Settings | None = None,
        streams: LlmStreams | None = None,
        project: Path | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        stack = settings or stack_settings()
        values = {
            "team": {"name": team, "owners": owners if isinstance(owners, str) else tuple(owners)},
            "monthly_usd": monthly_usd,
            "daily_usd": daily_usd,
            "feature_daily_usd": dict(feature_daily_usd or {}),
        }
        with without_traceback():
            asked = _asked(values)
            own = _narrowed(stack, asked, routes, features or {})
        name = f"team-{asked.team.slug.replace('_', '-')}"
        given = {
            **values,
            "team": team,
            "owners": list(owners),
            "features": dict(features or {}),
            "routes": list(routes or ()),
        }
        # They are in previews, and a review says which of them moves what is in here.
        arguments = {argument: value for argument, value in given.items() if value}
        super().__init__("llmcost:index:TeamBudget", name, arguments, opts)
        inside = pulumi.ResourceOptions(parent=self)
        project = project or Path.cwd()  # the engine runs a program in the folder of its project
        self.dashboard = CostDashboard(
            f"{name}-dashboard", own, streams, project=project, opts=inside
        )
        self.alerts = CostAlerts(f"{name}-alerts", own, streams, project=project, opts=inside)
        self.register_outputs({})


def _asked(values: Mapping[str, object]) -> _Asked:
    try:
        return _Asked.model_validate(values)
    except ValidationError as error:
        raise InvalidDeclaration(
            [
                DeclarationError(f"{'.'.join(map(str, at))}: {said}", path="TeamBudget", hint=hint)
                for at, said, hint in problems_of(error, _Asked)
            ]
        ) from error


def _narrowed(
    stack: Settings, asked: _Asked, routes: Sequence[str] | None, features: Mapping[str, Owner]
) -> Settings:
    """Return the settings of a stack as one team's.

    Raises:
        DeclarationError: a route is not there, or there is none.
    """
    for one in routes or ():
        if one not in stack.routes:
            said, hint = f"routes: there is no route {one!r}", nearest(one, sorted(stack.routes))
            raise DeclarationError(said, path="TeamBudget", hint=hint)
    heard = {
        name: route
        for name, route in stack.routes.items()
        if (name in routes if routes is not None else _HEARD.intersection(route.takes))
    }
    if not heard:
        raise DeclarationError(
            f"routes: the budget of {asked.team.name} would tell nobody",
            path="llmcost:settings",
            hint="add one, like routes: {mail: {kind: email, recipients: [team@example.com]}}",
        )
    alerts = {
        name: choice.model_copy(update={"routes": None}) for name, choice in stack.alerts.items()
    }
    return stack.model_copy(
        update={
            "team": asked.team,
            "folder": f"{stack.folder} · {asked.team.name}",
            "budget": asked.budget,
            "features": {**stack.features, **features},
            "routes": heard,
            "alerts": alerts,
            "billing": (),  # bills know no teams
            "cost_metric": False,  # and the metric is everybody's
        }
    )
