"""All checks of a dataset in one report: what refuses it, what becomes a limitation or a task."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from imaging.dataset_checks.leakage import leakage
from imaging.dataset_checks.outcome import CheckOutcome
from imaging.dataset_checks.pictures import SmallPictures
from imaging.dataset_checks.population import population
from imaging.dataset_checks.shortcuts import shortcuts
from imaging.dataset_checks.suspect_labels import suspect_labels
from imaging.gate import GateResult
from records.base import digest_of
from records.dataset_rules import DatasetRules
from records.definition import DeviceDefinition
from records.finding_states import any_is_known

if TYPE_CHECKING:
    import pandas as pd

SUITE: Final = "dataset-rules"
"""The name under which the outcomes are recorded as an acceptance check."""
_MOST: Final = 20_000


@dataclass(frozen=True, slots=True)
class ChecksReport:
    """The outcomes, the rules they were held against, and how many pictures were looked at."""

    outcomes: tuple[CheckOutcome, ...]
    rules: DatasetRules
    n: int

    @property
    def refusing(self) -> tuple[CheckOutcome, ...]:
        """The breaches for which the dataset must not be frozen."""
        return tuple(one for one in self.outcomes if one.refuses)

    @property
    def limitations(self) -> list[str]:
        """What was broken and did not refuse, a sentence each: the datasheet states it."""
        return [
            f"{_words(one.rule)}, {_words(one.subject)}: {one.said}"
            for one in self.outcomes if not one.passed and not one.refuses
        ]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for the datasheet of a dataset version."""
        return {
            "n": self.n, "rules": self.rules.model_dump(),
            "outcomes": [one.to_dict() for one in self.outcomes], "limitations": self.limitations,
        }

    def gate(self) -> GateResult:
        """The outcomes as an acceptance check; a breach that refuses is a critical rule broken."""
        return GateResult(
            SUITE, digest_of(self.rules.model_dump()), not self.refusing, self.n,
            tuple(one.expectation() for one in self.outcomes),
        )


def check_dataset(
    facts: "pd.DataFrame",
    pictures: SmallPictures,
    *,
    rules: DatasetRules,
    definition: DeviceDefinition | None = None,
    seed: int = 0,
) -> ChecksReport:
    """Every check of a dataset: leakage, shortcuts, labels, and the population of a device.

    facts: a row a picture, in the pictures' order, with record, patient, split and finding (0/1, or
    the number of a class: copies with different classes are found, and all else is looked at as any
    finding against none; or beside ``findings``, the words of :mod:`records.finding_states`: copies
    are compared by them, and pictures of which it is not known whether they show any finding are
    left out of what asks for it), and what is known of site, manufacturer, view, sex, age_years,
    arrival, order, patient_number, rows and columns. Shortcuts are looked for where the model
    learns: the external test is left out; of more than 20,000 pictures so many are drawn, by
    patient. Same input and seed, same report.
    """
    copies = leakage(facts, pictures, rules)
    facts = facts.assign(finding=(facts["finding"] > 0).astype(int))
    told = _told(facts)
    inside = facts[told & (facts["split"] != "external_test").to_numpy()]
    seen = pictures if told.all() else pictures.chosen(np.flatnonzero(told))
    named = "finding" if definition is None or definition.task.horizon_days is None else "event"
    outcomes: list[CheckOutcome] = [
        *copies,
        *shortcuts(_drawn(inside, seed), rules, seed=seed, told=named),
        suspect_labels(facts[told], seen, rules, seed=seed),
    ]
    if not told.all():
        facts = facts.assign(finding=facts["finding"].where(told))  # not recorded of the others
    if definition is not None:
        outcomes += population(facts, definition)
    return ChecksReport(tuple(outcomes), rules, len(facts))


def _told(facts: "pd.DataFrame") -> NDArray[np.bool_]:
    """Of which pictures it is known whether they show any finding."""
    if "findings" not in facts.columns:
        return np.ones(len(facts), dtype=bool)
    return np.array([any_is_known(words) for words in facts["findings"].astype(str)], dtype=bool)


def _drawn(facts: "pd.DataFrame", seed: int) -> "pd.DataFrame":
    if len(facts) <= _MOST:
        return facts
    patients = facts["patient"].to_numpy(dtype=str)
    _, whose, sizes = np.unique(patients, return_inverse=True, return_counts=True)
    order = np.random.default_rng([seed, 13]).permutation(len(sizes))
    chosen = np.zeros(len(sizes), dtype=bool)
    chosen[order[np.cumsum(sizes[order]) <= _MOST]] = True
    return facts[chosen[whose]]


def refusal_words(broken: Sequence[CheckOutcome]) -> str:
    """What refuses a dataset, in a sentence that names rule, subject and the first records."""
    return "; ".join(
        f"{_words(one.rule)} ({_words(one.subject)}): {one.said}" + _first(one) for one in broken
    )


def _first(one: CheckOutcome) -> str:
    if not one.groups:
        return ""
    return f", first {', '.join(one.groups[0][:4])}"


def _words(name: str) -> str:
    return name.replace("_", " ")
