"""The facts of a traceability matrix: needs, requirements, controls, tests, last results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from regulatory.documents.content import Trace
from regulatory.documents.facts import Edition, Notes

IN_PLAN: Final = "in the monitoring plan"
NAMED: Final = "named; no record shows it"
NO_RUN: Final = "no results of tests were imported"


@dataclass(frozen=True, slots=True)
class TestRunFacts:
    """The run of tests that results are read from.

    counted: how many tests passed, failed, were skipped.
    """

    __test__ = False  # no test of pytest's, though its name begins like one

    record: str
    software_version: str
    imported_by: str
    imported_at: datetime
    source_digest: str
    counted: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class NeedEntry:
    """What a user needs, and the requirements that it became."""

    id: str
    text: str
    requirements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RequirementEntry:
    """A requirement with what leads to it and what follows from it.

    tests: each test that shows it, with its last result.
    """

    id: str
    title: str
    citation: str
    needs: tuple[str, ...]
    risks: tuple[str, ...]
    controls: tuple[str, ...]
    design: str
    code: tuple[str, ...]
    tests: tuple[tuple[str, str], ...]
    missing: str = ""

    @property
    def passed(self) -> int:
        """How many of its tests passed."""
        return sum(said == "passed" for _, said in self.tests)

    @property
    def failed(self) -> int:
        """How many of its tests failed."""
        return sum(said == "failed" for _, said in self.tests)

    @property
    def verified(self) -> bool:
        """Whether a test of it passed and none failed."""
        return self.passed > 0 and self.failed == 0


@dataclass(frozen=True, slots=True)
class ControlEntry:
    """A risk control with its risk, its requirements, and what verifies it with the outcome."""

    id: str
    risk: str
    record: str
    kind: str
    text: str
    implements: str
    requirements: tuple[str, ...]
    verified_by: tuple[tuple[str, str], ...]

    @property
    def verified(self) -> bool:
        """Whether something verifies it: a passed test, a criterion met, a chart in the plan; and
        nothing that verifies it failed, was not met, or is without result."""
        return bool(self.verified_by) and all(
            _holds(said) for _, said in self.verified_by
        )

    @property
    def waits(self) -> bool:
        """Whether it is open only because no results of tests were imported."""
        return not self.verified and bool(self.verified_by) and all(
            _holds(said) or said == NO_RUN for _, said in self.verified_by
        )


def _holds(said: str) -> bool:
    return said in ("passed", IN_PLAN) or said.startswith("met ")


@dataclass(frozen=True, slots=True)
class Orphans:
    """What leads to nothing or comes from nothing, each as a sentence."""

    forward: tuple[str, ...] = ()
    backward: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TraceMatrixFacts:
    """Everything a traceability matrix quotes.

    risk_file: label, version and status of the file that needs and controls are read from; '' where
    none is in force, with the reason in why_not.
    """

    edition: Edition
    traces: tuple[Trace, ...]
    risk_file: str
    risk_file_words: str
    why_not: str
    run: TestRunFacts | None
    needs: tuple[NeedEntry, ...]
    requirements: tuple[RequirementEntry, ...]
    controls: tuple[ControlEntry, ...]
    orphans: Orphans
    gaps: tuple[str, ...]
    notes: Notes = field(default_factory=dict)
