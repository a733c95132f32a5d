"""May a retraining begin, and what of a finished one stands: the protocol's rules, as pure answers.

An alert starts one once a person has looked at it and did not close it as no change; the days gone
by start one too. Nothing starts one while another waits for a decision, nor after the stop rule.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from monitoring.regression import BROKEN
from records.chart_names import whole_chart
from records.retraining_rules import RetrainingRules
from records.surveillance import AcceptanceResult, Alert

NO_CHANGE = ("expected change", "false alarm")
"""The dispositions of an alert that call for no retraining (records.alert_decisions)."""


@dataclass(frozen=True)
class Standing:
    """Where a device's retraining stands: what the decision to begin one rests on.

    released_at: of the version in use, None without one. last_begun: of the latest run after it.
    tried: labels of alerts that have started a run since. failed: runs since whose candidate was
    stopped after it was looked at, or refused by people. uses: versions that were looked at on the
    locked tests in use. undecided: the change request of an earlier run that waits for people.
    new_cases: what the selection would take now.
    """

    released_at: datetime | None
    last_begun: datetime | None
    alerts: Sequence[Alert]
    tried: frozenset[str]
    failed: int
    uses: int
    undecided: str
    new_cases: int


@dataclass(frozen=True)
class StartDecision:
    """What starts a retraining now ('' for nothing), by which alert, and what speaks against it."""

    trigger: str
    alert: str = ""
    against: tuple[str, ...] = field(default_factory=tuple)

    @property
    def allowed(self) -> bool:
        """Whether the protocol lets it begin."""
        return bool(self.trigger) and not self.against


def why_alert_does_not_count(
    rules: RetrainingRules, alert: Alert, *, released_at: datetime | None = None
) -> str:
    """Why an alert starts no retraining; empty where the protocol names it."""
    covered_charts = {*alert.charts, *map(whole_chart, alert.charts)}
    if not covered_charts & set(rules.triggers.charts):
        named = ", ".join(rules.triggers.charts) or "none"
        covered = "', '".join(alert.charts)
        return f"the protocol names other charts than '{covered}': {named}"
    if alert.status == "open":
        return "a person acknowledges it first"
    closed_as = alert.disposition.partition(":")[0] if alert.status == "closed" else ""
    if closed_as in NO_CHANGE:
        return f"it was closed as '{closed_as}'"
    if released_at is not None and alert.raised_at < released_at:
        return "it was raised before the version in use was released"
    return ""


def may_begin(
    rules: RetrainingRules, standing: Standing, *, now: datetime, alert: Alert | None = None
) -> StartDecision:
    """Decide by the protocol whether a retraining begins now.

    alert: the one that a person names; without it, the first one that counts and was not tried
    yet, else the days gone by.
    """
    against = list(_against(rules, standing))
    if alert is not None:
        why = why_alert_does_not_count(rules, alert, released_at=standing.released_at)
        if why:
            against.insert(0, f"{alert.label}: {why}")
        return StartDecision(f"alert {alert.label}", alert.label, tuple(against))
    for one in standing.alerts:
        if one.label not in standing.tried and not why_alert_does_not_count(
            rules, one, released_at=standing.released_at
        ):
            return StartDecision(f"alert {one.label}", one.label, tuple(against))
    since = standing.last_begun or standing.released_at
    wanted = rules.triggers.every_days
    gone = (now - since).days if since else 0
    if wanted is not None and gone >= wanted:
        return StartDecision(f"schedule: {gone} days gone by", "", tuple(against))
    waits = f"{gone} of {wanted} days have gone by" if wanted else "no schedule is declared"
    return StartDecision("", "", (f"no alert starts one, and {waits}", *against))


def _against(rules: RetrainingRules, standing: Standing) -> list[str]:
    stop, least = rules.stop, rules.triggers.minimum_new_cases
    said = []
    if standing.released_at is None:
        said.append("no version is released: there is none to be retrained")
    if standing.undecided:
        said.append(f"{standing.undecided} of an earlier run waits for a decision")
    if standing.failed >= stop.failed_attempts:
        said.append(
            f"stopped: {standing.failed} of {stop.failed_attempts} attempts failed since the last "
            "release; people declare a new protocol or release a version"
        )
    if standing.uses >= stop.locked_test_uses:
        said.append(
            f"stopped: the locked tests were used by {standing.uses} of {stop.locked_test_uses} "
            "versions; people provide new ones"
        )
    if standing.new_cases < least:
        said.append(f"{standing.new_cases} of {least} new cases can be taken")
    return said


def why_stopped(
    limits: Sequence[Mapping[str, Any]], criteria: Sequence[AcceptanceResult]
) -> list[str]:
    """Each broken limit and each criterion that is not met; empty where the candidate stands.

    limits: as a comparison records them, with measure, subgroup, verdict and reason.
    """
    said = [
        f"{one.criterion} ({one.statement}): {one.verdict}{f', {one.reason}' if one.reason else ''}"
        for one in criteria if one.verdict != "met"
    ]
    return said + [
        f"{one['measure']}, {one['subgroup']}: {one['reason']}"
        for one in limits if one["verdict"] == BROKEN
    ]
