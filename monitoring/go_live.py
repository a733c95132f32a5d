"""Is a version good enough at this site: planned number of studies, and the one judgement of it.

The claims of the section `go_live` are tested as a revalidation tests recent truth
(:mod:`monitoring.claim_verdicts`). It is judged once, when the planned studies with truth are
there: looking before that would show figures that chance has not yet averaged out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from measures.fixed_bound import auc_above_size, share_above_size
from measures.proportions import wilson
from monitoring.claim_verdicts import ALL, NON_INFERIOR, Basis, judge_basis
from monitoring.evaluate import outcomes_of
from records.definition import DeviceDefinition
from records.go_live_rules import GoLiveRules
from records.performance_claims import Claim
from records.revalidation_rules import (
    INFERIOR,
    NOT_DECIDED,
    PASSED,
    MeasureRule,
    RevalidationRules,
)

Rows = Sequence[Mapping[str, Any]]
NOT_ESTIMABLE = "not estimable"


@dataclass(frozen=True, slots=True)
class GoLiveJudgement:
    """The verdict, the sentence that says why, and what it rests on; no figure before its time."""

    verdict: str
    conclusion: str
    content: Mapping[str, Any]


def planned_studies(rules: GoLiveRules) -> dict[str, Any]:
    """Studies with truth that the trial needs by class, and by which measure each was set.

    By the functions that plan a revalidation: the exact test for a share, the binormal variance for
    an AUC. The largest number of all measures counts, each at the full alpha, as all must hold.

    >>> from records.go_live_rules import GoLiveMeasure
    >>> one = GoLiveMeasure(measure="sensitivity", value=0.95, margin=0.05)
    >>> rules = GoLiveRules(measures=[one])
    >>> planned_studies(rules)["diseased"], planned_studies(rules)["healthy"]
    (255, 0)
    """
    needed = {"diseased": 0, "healthy": 0}
    why = []
    how = {"alpha": rules.alpha, "power": rules.power}
    for one in rules.measures:
        if one.measure == "auc":
            found = dict(
                auc_above_size(
                    one.expected, one.least, healthy_per_diseased=rules.healthy_per_diseased, **how
                ).groups
            )
        else:
            size = share_above_size(one.expected, one.least, **how).n
            found = {"diseased" if one.measure == "sensitivity" else "healthy": size}
        needed = {name: max(n, found.get(name, 0)) for name, n in needed.items()}
        why.append({
            "measure": one.measure, "bound": one.least, "assumed": one.expected, **found,
        })  # fmt: skip
    return needed | {"by": why, **how}


def judge_go_live(
    definition: DeviceDefinition, rules: GoLiveRules, planned: Mapping[str, Any], rows: Rows, *,
    site: str, days: int,
) -> GoLiveJudgement:
    """Hold the shadow's answers at a site against the section, once they are enough.

    rows: what the shadow said there, truth None where not known. days: since the shadow began.
    """
    known = [dict(row) | {"study": row["study_id"]} for row in rows if row["truth"] is not None]
    had = {
        "diseased": sum(bool(row["truth"]) for row in known),
        "healthy": sum(not row["truth"] for row in known),
    }
    short = [
        f"{had[name]} of {planned[name]} {name} studies with truth"
        for name in ("diseased", "healthy") if had[name] < int(planned[name])
    ]
    if days < rules.minimum_days:
        short.append(f"{days} of {rules.minimum_days} days")
    content: dict[str, Any] = {
        "read": len(rows), "with_truth": len(known), "had": had, "days": days,
    }
    if short:
        return GoLiveJudgement(
            NOT_ESTIMABLE, f"too few yet: {', '.join(short)}; no figure is shown before", content
        )
    basis = _basis(definition, rules, known, site)
    flagged = wilson("flagged", sum(bool(row["decision"]) for row in rows), len(rows))
    threshold = _threshold(rules, flagged.low, flagged.high)
    content |= {
        "basis": asdict(basis),
        "flagged": {"value": flagged.value, "low": flagged.low, "high": flagged.high,
                    "n": flagged.n, "between": rules.flagged_between, "verdict": threshold},
    }  # fmt: skip
    worse = [one for one in basis.overall if one.verdict == INFERIOR]
    open_ends = [one for one in basis.overall if one.verdict != NON_INFERIOR]
    said = [one.words for one in basis.overall]
    if threshold == "outside":
        said.append(
            f"flags {flagged.value:.3f} of the studies, outside {rules.flagged_between}: the "
            "operating point does not fit this site"
        )
    verdict = (
        INFERIOR if worse or threshold == "outside"
        else NOT_DECIDED if open_ends or basis.missing or not basis.overall else PASSED
    )  # fmt: skip
    words = "; ".join([*said, *([basis.missing] if basis.missing else [])])
    return GoLiveJudgement(verdict, f"{verdict}: {words}", content)


def _threshold(rules: GoLiveRules, low: float | None, high: float | None) -> str:
    if rules.flagged_between is None or low is None or high is None:
        return "not checked"
    least, most = rules.flagged_between
    return "outside" if high < least or low > most else "inside"


def _basis(
    definition: DeviceDefinition, rules: GoLiveRules, known: Rows, site: str
) -> Basis:
    claims = [
        Claim(measure=one.measure, value=one.value, margin=one.margin) for one in rules.measures
    ]
    bounded = RevalidationRules(
        every_days=1, recent_days=1, alpha=rules.alpha, power=rules.power, minimum_n=2,
        measures={one.measure: MeasureRule(assumed=one.expected) for one in rules.measures},
    )
    declared = definition.model_copy(update={"claims": claims, "subgroups": []})
    found = judge_basis(
        declared, bounded, outcomes_of(declared, known), name=f"shadow at {site}"
    )
    rows = tuple(one for one in found.rows if one.subgroup == ALL)
    return Basis(found.name, found.studies, found.patients, rows, found.missing)


def agreement_with_reports(rows: Rows, said: Mapping[int, bool]) -> dict[str, Any]:
    """How often the shadow and the site's own reports say the same, by what the reports say.

    said: by study, whether the site's report or reader called the finding present. A comparison
    for the clinician, no bound: a report is no reference standard.
    """
    both = [(bool(row["decision"]), said[row["study_id"]]) for row in rows
            if row["study_id"] in said]  # fmt: skip

    def share(name: str, chosen: list[tuple[bool, bool]]) -> dict[str, Any]:
        same = sum(one == other for one, other in chosen)
        found = wilson(name, same, len(chosen))
        return {"n": found.n, "value": found.value, "low": found.low, "high": found.high,
                "reason": found.reason}  # fmt: skip

    return {
        "all": share("agreement", both),
        "reported present": share("agreement", [one for one in both if one[1]]),
        "reported absent": share("agreement", [one for one in both if not one[1]]),
    }
