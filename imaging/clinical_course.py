"""What is known of a patient around a study: facts before it, follow-up after it; no dates."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class KnownFact:
    """A declared fact as it stood: a number in the declared unit or a code, and its age."""

    value: float | str
    days_before: float


@dataclass(frozen=True, slots=True)
class ClinicalCourse:
    """Declared facts of one study by name, those that are missing left out; and its follow-up.

    followed_days: from the study to the event or, without one, to the end of follow-up; above 0.
    """

    facts: Mapping[str, KnownFact]
    followed_days: float
    event: bool

    @property
    def text(self) -> str:
        """The same course in the same letters, as the vault and a dataset's manifest keep it.

        >>> ClinicalCourse({"crp": KnownFact(12.5, 2)}, 90.0, True).text
        '{"event":true,"facts":{"crp":[12.5,2]},"followed_days":90.0}'
        """
        content = {
            "facts": {name: [one.value, one.days_before] for name, one in self.facts.items()},
            "followed_days": self.followed_days, "event": self.event,
        }  # fmt: skip
        return json.dumps(content, sort_keys=True, separators=(",", ":"))

    @classmethod
    def of(cls, text: str) -> "ClinicalCourse":
        """The course in a text that :attr:`text` wrote."""
        content: dict[str, Any] = json.loads(text)
        facts = {name: KnownFact(*one) for name, one in content["facts"].items()}
        return cls(facts, float(content["followed_days"]), bool(content["event"]))

    @property
    def values(self) -> dict[str, float | str]:
        """The facts without their age, as a network is told them."""
        return {name: one.value for name, one in self.facts.items()}
