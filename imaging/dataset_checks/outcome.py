"""How one check of a dataset came out: what was looked at, what was found, what follows from it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from imaging.gate import ExpectationResult
from imaging.suite import Severity
from measures.estimate import Estimate
from records.dataset_rules import Rule

SHOWN = 50
"""Groups of records that an outcome lists; the count says how many there are."""


@dataclass(frozen=True, slots=True)
class CheckOutcome:
    """One rule on one subject.

    rule: its name in the device's ``dataset_rules``, or population. subject: the field, split or
    group that it is about. n: what was looked at; count: how many broke the rule, in ``unit``.
    groups: the records, those that belong together in one group; listed: the same with more facts,
    for labels. said: the finding in a sentence.
    estimate, p_value: where the check estimates; not estimable has its reason in the estimate.
    """

    rule: str
    subject: str
    severity: Rule
    passed: bool
    n: int
    count: int
    unit: str
    said: str
    groups: tuple[tuple[str, ...], ...] = ()
    listed: tuple[dict[str, Any], ...] = ()
    estimate: Estimate | None = None
    p_value: float | None = None
    limits: dict[str, Any] = field(default_factory=dict)

    @property
    def refuses(self) -> bool:
        """Whether the dataset must not be frozen as it is."""
        return not self.passed and self.severity == "refuse"

    @property
    def state(self) -> str:
        """How it is shown: met, limitation, refused, or not estimable."""
        if self.estimate is not None and not self.estimate.estimable:
            return "not estimable"
        if self.passed:
            return "met"
        return "refused" if self.refuses else "limitation"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for a record."""
        return asdict(self) | {
            "state": self.state,
            "estimate": None if self.estimate is None else self.estimate.to_dict(),
            "groups": [list(one) for one in self.groups], "listed": list(self.listed),
        }

    def expectation(self) -> ExpectationResult:
        """The same as one rule of an acceptance check, for its record and its page."""
        value = None if self.estimate is None else self.estimate.value
        return ExpectationResult(
            expectation=self.rule, column=self.subject, passed=self.passed,
            severity=Severity.CRITICAL if self.severity == "refuse" else Severity.WARNING,
            n=self.n, unexpected_count=self.count, unexpected_index=(), observed=value,
            limits=self.limits,
            unexpected_records=tuple(one for group in self.groups for one in group)[:SHOWN],
        )


def first_groups(groups: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """The groups that an outcome lists, each with its first records."""
    return tuple(tuple(group[:SHOWN]) for group in groups[:SHOWN])
