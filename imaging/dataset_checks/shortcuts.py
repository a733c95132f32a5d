"""Can the finding be told from what stands beside the picture: site, date, view, age, size?

A model may learn such a fact from the picture in place of the disease (Zech et al., PLoS Med
2018;15:e1002683). Some are causes and not shortcuts, as age is: the figure asks for a person's
judgement and a subgroup analysis, it is no verdict.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from imaging.dataset_checks.outcome import CheckOutcome
from imaging.dataset_checks.told_apart import (
    areas_within,
    cross_validated_auc,
    guesses_of,
    patient_folds,
    rearranged,
)
from measures.estimate import Estimate
from measures.multiplicity import holm
from records.dataset_rules import DatasetRules

if TYPE_CHECKING:
    import pandas as pd

Numbers = NDArray[np.float64]

FIELDS: Final[Mapping[str, str]] = {
    "site": "site", "manufacturer": "manufacturer", "view": "view", "sex": "sex",
    "age_years": "age", "arrival": "day of arrival", "order": "order of the images",
    "patient_number": "patient number", "rows": "rows of the picture",
    "columns": "columns of the picture",
}  # fmt: skip
"""The facts that are tried, each alone, then all of them together."""
TOGETHER: Final = "all together"

_NUMERIC: Final = ("age_years", "arrival", "order", "patient_number", "rows", "columns")
_BINS, _CATEGORIES, _LEAST = 8, 30, 20


def shortcuts(
    facts: "pd.DataFrame", rules: DatasetRules, *, seed: int = 0, told: str = "finding"
) -> list[CheckOutcome]:
    """For each fact, and for all together, how well it alone tells the finding.

    A ridge classifier on the fact (numbers in eighths by rank, so that any shape is seen; 'not
    recorded' is a value of its own) is fitted on four fifths of the patients and guesses the fifth.
    The p-value is by permutation, everything fitted anew, corrected for the number of facts
    (Holm). A fact is named where the AUC reaches ``shortcut_auc`` and p ``shortcut_alpha``.

    told: what the column finding is called, such as the event of a prognosis.
    facts: a row a picture with patient, finding and any of FIELDS. Not estimable with fewer than
    20 patients with, or without, the finding.
    """
    designs = {name: _design(facts, name) for name in FIELDS if name in facts.columns}
    varying = [one for one in designs.values() if one is not None]
    if len(varying) > 1:
        designs[TOGETHER] = np.concatenate(varying, axis=1)
    truth = facts["finding"].to_numpy(dtype=np.float64)
    patients = facts["patient"].to_numpy(dtype=str)
    labels = _Labels(truth, patients, seed)
    measured = {name: labels.told_by(design) for name, design in designs.items()}
    known = [name for name, (_, p) in measured.items() if p is not None]
    adjusted = dict(zip(known, _holm([measured[name][1] for name in known]), strict=True))
    return [
        _outcome(name, estimate, adjusted.get(name), rules, told)
        for name, (estimate, _) in measured.items()
    ]


def _holm(p_values: list[float | None]) -> list[float]:
    return holm([p for p in p_values if p is not None]).tolist() if p_values else []


def _outcome(
    name: str, estimate: Estimate, p_value: float | None, rules: DatasetRules, told: str
) -> CheckOutcome:
    words = FIELDS.get(name, name)
    if estimate.value is None or p_value is None:
        said = f"whether the {told} can be told from {words} is not estimable: {estimate.reason}"
        passed = True
    else:
        passed = estimate.value < rules.shortcut_auc or p_value > rules.shortcut_alpha
        if not passed:
            said = f"the {told} can be told from {words}"
        elif estimate.value < rules.shortcut_auc:
            said = (
                f"the {told} is not told from {words} up to the declared limit of "
                f"{rules.shortcut_auc:.2f}"
            )
        else:
            said = f"that the {told} can be told from {words} is not shown, and not excluded"
        said += (
            f": AUC {estimate.value:.2f} ({estimate.low:.2f} to {estimate.high:.2f}), "
            f"p = {p_value:.3f} (Holm)"
        )
    limits = {"shortcut_auc": rules.shortcut_auc, "shortcut_alpha": rules.shortcut_alpha}
    return CheckOutcome(
        "shortcuts", name, rules.severity("shortcuts"), passed, estimate.n, int(not passed),
        "field", said, estimate=estimate, p_value=p_value, limits=limits,
    )


def _design(facts: "pd.DataFrame", name: str) -> Numbers | None:
    """One column a value or an eighth; None where all pictures have the same."""
    import pandas as pd

    column = facts[name]
    if name in _NUMERIC:
        values = pd.Series(_eighths(pd.to_numeric(column, errors="coerce").to_numpy(dtype=float)))
    else:
        values = column.fillna("").astype(str)
        values = values.where(values.isin(values.value_counts().index[:_CATEGORIES]), "other")
    if values.nunique() < 2:
        return None
    design: Numbers = pd.get_dummies(values).to_numpy(dtype=np.float64)
    return design
def _eighths(number: Numbers) -> NDArray[np.intp]:
    """The eighth of each number by rank, however often a value is repeated; -1: not recorded."""
    known = number[np.isfinite(number)]
    if not known.size:
        return np.full(len(number), -1, dtype=np.intp)
    edges = np.unique(np.quantile(known, np.arange(1, _BINS) / _BINS, method="inverted_cdf"))
    return np.where(np.isfinite(number), np.searchsorted(edges, number, side="left"), -1)


class _Labels:
    """The labels in their true and in many other orders, and the folds: the same for every fact."""

    def __init__(self, truth: Numbers, patients: NDArray[np.str_], seed: int) -> None:
        self.truth, self.patients = truth, patients
        self.reason = self._too_few()
        if not self.reason:
            self.arranged = rearranged(truth, patients, seed=seed)
            self.folds = patient_folds(patients, seed=seed)

    def _too_few(self) -> str:
        for word, of in (("with", self.truth == 1), ("without", self.truth == 0)):
            if (n := np.unique(self.patients[of]).size) < _LEAST:
                return f"{n} patients {word} the finding, and {_LEAST} are needed"
        return ""

    def told_by(self, design: Numbers | None) -> tuple[Estimate, float | None]:
        """The AUC with its interval, and the p-value; not estimable with the reason."""
        reason = self.reason or ("the same for every picture" if design is None else "")
        if design is None or reason:
            return Estimate.not_estimable("auc", reason, n=len(self.truth)), None
        guesses = guesses_of(design, self.arranged, self.folds)
        areas = areas_within(guesses, self.arranged, self.folds)
        p_value = (1 + int(np.count_nonzero(areas[1:] >= areas[0] - 1e-12))) / len(areas)
        return cross_validated_auc(self.truth, guesses[:, 0], self.folds, self.patients), p_value
