"""Run the adapter of a case's topic and say how it went."""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass

from tests.oracles.case import Case, Comparison

__all__ = ["Verdict", "run_case"]


@dataclass(frozen=True)
class Verdict:
    """passed, failed or skipped; why not passed; how many expected values were compared."""

    case: str
    state: str
    compared: int = 0
    reasons: tuple[str, ...] = ()

    def __str__(self) -> str:
        told = f"{self.compared} values" if self.state == "passed" else "; ".join(self.reasons)
        return f"{self.state:7} {self.case}: {told}"


def run_case(case: Case) -> Verdict:
    """Compare everything the case expects. An unknown topic is skipped by name, never passed; an
    adapter that breaks off fails its case.
    """
    module = f"tests.oracles.topics.{case.topic.replace('-', '_')}"
    if not case.topic.replace("-", "_").isidentifier() or not importlib.util.find_spec(module):
        return Verdict(case.name, "skipped", reasons=(f"unknown topic {case.topic!r}",))
    comparison = Comparison(case)
    try:
        importlib.import_module(module).compare(case, comparison)
    except Exception as problem:  # a case of any form may come from outside; the next one must run
        told = f"{type(problem).__name__}: {problem}"
        return Verdict(case.name, "failed", reasons=(told, *comparison.failures[:5]))
    comparison.close()
    if comparison.failures:
        more = len(comparison.failures) - 8
        reasons = comparison.failures[:8] + ([f"and {more} more"] if more > 0 else [])
        return Verdict(case.name, "failed", comparison.compared, tuple(reasons))
    return Verdict(case.name, "passed", comparison.compared)
