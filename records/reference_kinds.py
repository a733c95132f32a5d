"""By what a truth is known, and which of several stands: the strongest wins, by a declared rule.

A study may have a truth by each of several sources. What stands on a day is told by
:mod:`records.truth`; the order of the kinds is here, or declared by the device.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from records.errors import InvalidInput

HISTOLOGY, FOLLOW_UP = "histology", "follow-up"
ADJUDICATION, CONSENSUS, SINGLE_READER = "adjudication", "consensus", "single reader"
REPORT_TEXT, NOT_STATED = "report text", ""
UNSAID = "not stated"
"""What :data:`NOT_STATED` is called in definitions, documents and pages."""

FINAL, PRELIMINARY, WITHDRAWN = "final", "preliminary", "withdrawn"
STATES = (FINAL, PRELIMINARY, WITHDRAWN)

STRONGEST_FIRST = (HISTOLOGY, FOLLOW_UP, ADJUDICATION, CONSENSUS, SINGLE_READER, NOT_STATED)
"""The order where a device declares none: tissue, then the course of the patient, then readers (an
arbitrated pair before a consensus before one alone), then what no source calls by a kind."""

KINDS = (*STRONGEST_FIRST, REPORT_TEXT)
_ALSO_CALLED = {
    "pathology": HISTOLOGY, "follow up": FOLLOW_UP, "followup": FOLLOW_UP,
    "report": REPORT_TEXT, "reports": REPORT_TEXT,
}  # fmt: skip


def kind_called(name: str) -> str:
    """The name of a kind as it is shown.

    >>> kind_called(""), kind_called("histology")
    ('not stated', 'histology')
    """
    return name or UNSAID


def read_kind(text: str) -> str:
    """The kind that a list or a definition names.

    Raises:
        InvalidInput: There is no such kind; those that there are are named.

    >>> read_kind("Single Reader"), read_kind("not stated")
    ('single reader', '')
    """
    name = " ".join(text.casefold().replace("_", " ").split())
    name = _ALSO_CALLED.get(name, "" if name == UNSAID else name)
    if name not in KINDS:
        raise InvalidInput(
            f"{text!r} is no kind of reference standard.",
            hint=f"Kinds are: {', '.join(kind_called(one) for one in KINDS)}.",
        )
    return name


def kind_of_source(source: str) -> str:
    """The kind of a source that bears a kind's name; not stated of any other.

    >>> kind_of_source("consensus"), kind_of_source("report"), kind_of_source("panel of 2019")
    ('consensus', 'report text', '')
    """
    try:
        return read_kind(source)
    except InvalidInput:
        return NOT_STATED


@dataclass(frozen=True)
class TruthRule:
    """Which kinds count as the truth of a performance figure, the strongest first.

    A kind that is not in the order is weak: it is kept and counted apart, and no figure rests on
    it. Of two sources of one strength the one that became known first stands, of one day the one
    whose name comes first; that they disagree is counted.
    """

    order: tuple[str, ...] = STRONGEST_FIRST
    declared: bool = False

    @property
    def weak(self) -> tuple[str, ...]:
        """The kinds on which no figure rests."""
        return tuple(one for one in KINDS if one not in self.order)

    @property
    def words(self) -> str:
        """The rule in force, as documents and pages name it.

        >>> TruthRule(("histology", "consensus"), declared=True).words[:62]
        'The strongest wins, as the device declares: histology, consens'
        """
        by = "as the device declares" if self.declared else "by the default order"
        left = ", ".join(kind_called(one) for one in self.weak)
        return (
            f"The strongest wins, {by}: {', '.join(kind_called(one) for one in self.order)}. "
            f"Kept apart and in no figure: {left}. Of equal strength the one known first stands. "
            "Preliminary and withdrawn truths do not count."
        )


DEFAULT_RULE = TruthRule()


class ReferenceRules(BaseModel):
    """The kinds of truth that a device's figures rest on, the strongest first.

    What is not listed is kept on record and counts for no figure; report text never counts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    order: list[str] = Field(min_length=1)

    @field_validator("order")
    @classmethod
    def _kinds_once_and_none_that_is_weak(cls, order: Sequence[str]) -> list[str]:
        kinds = []
        for one in order:
            try:
                kinds.append(read_kind(one))
            except InvalidInput as wrong:
                raise ValueError(f"{wrong.message} {wrong.hint}") from None
        if REPORT_TEXT in kinds:
            raise ValueError("report text is never the truth of a performance figure: it is a "
                             "figure of its own; leave it out")
        if len(set(kinds)) < len(kinds):
            raise ValueError("order: every kind may stand once")
        return [kind_called(one) for one in kinds]


def rule_declared(definition: Mapping[str, Any]) -> TruthRule:
    """The rule of a device, from its definition as it is on record; the default where it has none.

    >>> rule_declared({"task": {}}) == DEFAULT_RULE
    True
    """
    declared = (definition.get("task") or {}).get("reference_standard")
    if not declared:
        return DEFAULT_RULE
    return TruthRule(tuple(read_kind(one) for one in declared["order"]), declared=True)
