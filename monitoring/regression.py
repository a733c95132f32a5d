"""Does a retrained version fall, in any subgroup, below any version that was released before it?

Every limit is judged against every earlier version, and all must hold: so no correction for their
number is needed to keep the chance of a wrong 'kept' below that of one comparison (an
intersection-union test; Berger, Technometrics 1982;24:295). The price is that a candidate may be
stopped by chance, the more often the smaller its tests.

Pure: scores and truths in, estimates and verdicts out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from measures.adaptation import adaptation
from measures.estimate import Estimate
from measures.non_inferiority import claim_within_margin
from measures.roc import auc
from models.tasks import ClassificationTask, Outcomes
from monitoring.evaluate import subgroup_labels
from monitoring.stress import compared
from records.definition import DeviceDefinition
from records.retraining_rules import RegressionLimit

Row = Mapping[str, Any]
_TASK = ClassificationTask()
KEPT, BROKEN, NOT_ESTIMABLE = "kept", "broken", "not estimable"


@dataclass(frozen=True, slots=True)
class LimitVerdict:
    """One limit, in one group of studies, against one earlier version: the difference, the verdict.

    verdict: kept, broken, or not estimable. Of a limit on all studies, what is not estimable is
    broken: nothing was shown; in a subgroup it stays a question that people see.
    """

    limit: RegressionLimit
    against: str
    estimate: Estimate
    verdict: str
    reason: str = ""


def judge_regression(
    definition: DeviceDefinition, limits: Sequence[RegressionLimit], rows: Sequence[Row],
    earlier: Mapping[str, Mapping[str, Row]],
) -> list[LimitVerdict]:  # fmt: skip
    """Every limit against every earlier version, overall or in each declared subgroup.

    Args:
        definition: Its subgroups, and the least n of an estimate.
        limits: As the device declares them.
        rows: The candidate on the locked tests: study, split, truth, score, decision, and the
            subgroups' fields.
        earlier: By the label of an earlier version, its score and decision by study.
    """
    found: list[LimitVerdict] = []
    for limit in limits:
        tested = [row for row in rows if row["split"] == limit.split]
        for name, chosen in _groups(definition, limit, tested):
            for label, read in earlier.items():
                words = f"{limit.split.replace('_', ' ')} against {label}"
                one = _difference(
                    limit, chosen, read, definition.minimum_n, f"{words}{name and ', '}{name}"
                )
                found.append(_judged(limit, label, one, overall=not name))
    return found


def _groups(
    definition: DeviceDefinition, limit: RegressionLimit, rows: Sequence[Row]
) -> list[tuple[str, list[Row]]]:
    """Name and studies of each group that the limit is about; '' for all of them."""
    if not limit.subgroups:
        return [("", list(rows))]
    groups = [one for one in definition.subgroups if one.name in limit.subgroups]
    labels = subgroup_labels(groups, rows)
    return [
        (f"{group.name}={value}", [row for row, of in zip(rows, labels[group.name], strict=True)
                                   if of == value])
        for group in groups
        for value in sorted({str(one) for one in labels[group.name] if one})
    ]  # fmt: skip


def _difference(
    limit: RegressionLimit, rows: Sequence[Row], read: Mapping[str, Row], least: int, name: str
) -> Estimate:
    measure = f"{limit.measure}_difference"
    for one in _compared(rows, read, name=name):
        if one.measure != measure:
            continue
        if one.estimable and one.n < least:
            return Estimate.not_estimable(
                measure, f"{one.n} studies; at least {least} are declared", n=one.n, subgroup=name
            )
        return one
    return Estimate.not_estimable(measure, "no study was read by both", n=0, subgroup=name)


def _judged(limit: RegressionLimit, against: str, one: Estimate, *, overall: bool) -> LimitVerdict:
    if one.value is None:
        verdict = BROKEN if overall else NOT_ESTIMABLE
        return LimitVerdict(limit, against, one, verdict, one.reason)
    if limit.basis == "value":
        kept = one.value > -limit.margin
        said = f"the difference {one.value:.3f} lies {'above' if kept else 'not above'} " \
               f"{-limit.margin:g}"  # fmt: skip
        return LimitVerdict(limit, against, one, KEPT if kept else BROKEN, said)
    claim = claim_within_margin(
        one, aim="non-inferiority", margin=limit.margin, alpha=0.025, reason=limit.reason
    )
    return LimitVerdict(limit, against, one, KEPT if claim.shown else BROKEN, claim.statement)


def adaptation_of(
    truths: Mapping[str, int], versions: Mapping[str, Mapping[str, Row]], tests: Sequence[set[str]]
) -> list[Estimate]:
    """What the candidate, the last of the versions, learnt, could have learnt, and kept.

    By the AUC on the locked test that came with each version's dataset (VIGILANT, see
    :mod:`measures.adaptation`), and the paired difference to the version before on the newest of
    them, which decides.

    truths: by study. versions: in order of release, score and decision by study. tests: the
    studies of the locked test that came with the dataset of each version.
    """
    labels = list(versions)
    cells = [
        [_auc(truths, versions[label], studies, label) for studies in tests] for label in labels
    ]
    update = adaptation(cells)[-1]
    name = f"auc, {labels[-1]} after {labels[-2]}"
    found = [
        one.for_subgroup(name) for one in (update.learning, update.potential, update.retention)
    ]
    newest = [
        dict(versions[labels[-1]][uid]) | {"study": uid, "truth": truths[uid]}
        for uid in sorted(tests[-1]) if uid in versions[labels[-1]]
    ]
    return found + _compared(
        newest, versions[labels[-2]], name=f"new locked test against {labels[-2]}"
    )


def _compared(rows: Sequence[Row], read: Mapping[str, Row], *, name: str) -> list[Estimate]:
    """A device of one finding against an earlier version, on the studies that both have read."""
    both = [row for row in rows if row["study"] in read]
    whose = [read[row["study"]] for row in both]
    return compared(_TASK, _outcomes(both, both), _outcomes(both, whose), name=name)


def _outcomes(rows: Sequence[Row], said: Sequence[Row]) -> Outcomes:
    return Outcomes(
        np.array([int(row["truth"]) for row in rows], dtype=np.int8),
        np.array([float(one["score"]) for one in said]),
        np.array([int(one["decision"]) for one in said], dtype=np.int8),
        np.array([str(row["study"]) for row in rows], dtype=object),
    )


def _auc(
    truths: Mapping[str, int], read: Mapping[str, Row], studies: set[str], label: str
) -> Estimate:
    both = sorted(studies & set(read))
    if not both:
        return Estimate.not_estimable(
            "auc", f"{label}: no locked test came with a dataset of its own", n=0
        )
    return auc(
        np.array([truths[uid] for uid in both]),
        np.array([float(read[uid]["score"]) for uid in both]),
    )
