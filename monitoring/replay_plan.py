"""The plan of a replay: a file of its own, or the definition of a device with its plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from monitoring.chart_levels import with_subgroups
from monitoring.day_streams import NOT_RUN, REFUSED, STREAMS
from monitoring.output_columns import OUTPUT_COLUMNS
from monitoring.plan import ParsedPlan, parse_plan
from monitoring.replay_tables import Roles
from records.definition import DeviceDefinition
from records.errors import InvalidInput, NotFound
from records.yaml_source import read_yaml

__all__ = ["ReplayPlan", "read_replay_plan"]
PERFORMANCE = ("claimed_performance", "performance_against_reference", "estimated_performance",
               "calibration", "subgroup_gap")  # fmt: skip
_OF_SCORE = {"calibration": "score"}
OF_REASONS = (REFUSED, NOT_RUN)
BESIDE = ("monitoring_plan", "bounds", "columns", "by", "made_for")
"""What a plan's own file holds; a device's definition holds its own fields."""


@dataclass(frozen=True, slots=True)
class ReplayPlan:
    """The charts with their budget, and the lowest acceptable value of each claimed measure.

    columns: which column of a table is what, where the plan says so. by: the column whose values
    are watched apart in place of sites; empty for the sites.
    """

    plan: ParsedPlan
    bounds: Mapping[str, float] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    by: str = ""

    @property
    def alerts_per_year(self) -> float:
        """The budget as a mean number of false alerts a year."""
        return self.plan.false_alarm_budget * 365.0 / self.plan.horizon_days

    def kinds(self) -> dict[str, str]:
        """Each fact that a chart watches, or that divides studies into the levels of a chart, and
        whether it holds numbers or names."""
        found: dict[str, str] = {
            one.level.field: "numbers" if one.level.numbers else "names"
            for one in self.plan.charts if one.level
        }
        for chart in self.plan.charts:
            if chart.detector == "fact_distribution":
                found[chart.parameters["column"]] = chart.parameters["kind"]
            elif chart.detector == "new_name" or chart.parameters.get("column") in OF_REASONS:
                found[chart.parameters["column"]] = "names"
            elif "columns" in chart.parameters:
                found |= dict.fromkeys(chart.parameters["columns"], "numbers")
            elif "column" in chart.parameters and chart.parameters["column"] != "score":
                found[chart.parameters["column"]] = "numbers"
        return found

    def may_lack(self) -> set[str]:
        """What an installation knows and a table need not hold: the charts of it are then 'not
        estimable', and the others run."""
        return {*self.kinds()} & {*STREAMS, *OUTPUT_COLUMNS, "model_name"} - {"share"}

    def needs(self) -> set[str]:
        """Which of score and decision the charts cannot do without."""
        found: set[str] = set()
        for chart in self.plan.charts:
            if chart.detector == "estimated_performance":
                found |= {"score", "decision"}
            elif "score" in (chart.parameters.get("column"), _OF_SCORE.get(chart.detector)) or (
                chart.parameters.get("measure") == "auc"
            ):
                found.add("score")
            elif chart.detector in ("positive_rate", *PERFORMANCE):
                found.add("decision")
        return found


def read_replay_plan(path: Path) -> ReplayPlan:
    """A plan that `radvigil monitor plan` wrote, or a device's definition (JSON or YAML).

    Raises:
        NotFound: There is no such file.
        InvalidInput: It is a folder, or a field is wrong; file and field are named.
    """
    if path.is_dir():
        raise InvalidInput(
            f"{path} is a folder; a plan is a file.",
            hint="Name the file of a plan or of a device's definition, such as plan.json.",
        )
    if not path.is_file():
        raise NotFound(
            f"There is no plan {path}.",
            hint="'radvigil monitor plan --reference TABLE --out FILE' writes one.",
        )
    content = read_yaml(path).content
    declared = content.get("monitoring_plan", content)
    if declared is not content:
        _refuse_unknown_beside(content, path.name)
    if not isinstance(declared, Mapping):
        raise InvalidInput(f"{path.name}: monitoring_plan: a mapping of fields is needed.")
    try:
        subgroups = content.get("subgroups") if declared is not content else None
        complete = with_subgroups(declared, subgroups if isinstance(subgroups, list) else [])
        return ReplayPlan(
            parse_plan(complete), _bounds(content), _columns(content), str(content.get("by") or "")
        )
    except InvalidInput as wrong:
        raise InvalidInput(f"{path.name}: {wrong.message}", hint=wrong.hint) from wrong


def _refuse_unknown_beside(content: Mapping[str, Any], name: str) -> None:
    """Beside `monitoring_plan` stands what a plan's own file holds, or a definition's fields."""
    known = (*BESIDE, *DeviceDefinition.model_fields)
    if unknown := sorted(str(one) for one in set(content) - set(known)):
        raise InvalidInput(
            f"{name}: unknown field {', '.join(unknown)} beside monitoring_plan.",
            hint=f"Known: {', '.join((*BESIDE, 'claims', 'subgroups'))}, and the other fields of a "
            "device's definition.",
        )


def _columns(content: Mapping[str, Any]) -> dict[str, str]:
    given = content.get("columns") or {}
    known = [one.name for one in fields(Roles)]
    if not isinstance(given, Mapping) or set(given) - set(known):
        raise InvalidInput("columns: unknown role.", hint=f"Known: {', '.join(known)}.")
    return {str(role): str(column) for role, column in given.items()}


def _bounds(content: Mapping[str, Any]) -> dict[str, float]:
    """Claim less margin, as a definition's claims say it; or `bounds` of a plan's own file."""
    claims = content.get("claims") or []
    given = content.get("bounds") or {}
    try:
        found = {
            str(one["measure"]): float(one["value"]) - float(one.get("margin", 0.0))
            for one in claims if not one.get("subgroup")
        }
        found |= {str(name): float(value) for name, value in given.items()}
    except (AttributeError, KeyError, TypeError, ValueError) as wrong:
        raise InvalidInput(
            "claims or bounds: each needs a measure and a number.",
            hint="Such as bounds: {sensitivity: 0.8}.",
        ) from wrong
    return found
