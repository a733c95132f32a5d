"""Clinical work after and before the market: PMCF activities and studies of readers."""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar, Final

from sqlalchemy import JSON
from sqlalchemy import Column as Stored

from records.facts import Fact, of_one_version, told

STATES: Final = ("planned", "running", "finished", "stopped")
DESIGNS: Final = ("fully crossed", "split plot", "sequential", "one reading", "other")
_EVIDENCE: Final = "records that show it"


class FollowUpActivity(Fact, table=True):
    """An activity of post-market clinical follow-up (MDR Annex XIV part B): aim, way, result."""

    __tablename__ = "follow_up_activity"
    __table_args__ = of_one_version()
    PREFIX: ClassVar[str] = "PMC"
    CODE: ClassVar[str] = "PMCF"
    KIND: ClassVar[str] = "pmcf-activity"
    WORDS: ClassVar[str] = "Activities of post-market clinical follow-up (PMCF)"

    aim: str = told("which claim, remaining risk or open question it is for",
                    "sensitivity in children is as claimed")  # fmt: skip
    method: str = told("how it is done", "audit sample, blinded second readings")
    endpoint: str = told("what is measured", "sensitivity with its 95 % interval")
    planned_n: int | None = told("how many cases are planned; empty: not said", "400", default=None)
    reached_n: int | None = told("how many there are so far; empty: not known", "120", default=None)
    since: date = told("day on which it begins", "2026-06-01")
    until: date | None = told("day by which it ends; empty: not set", "2027-05-31", default=None)
    owner: str = told("role that answers for it", "clinical affairs")
    state: str = told("how it stands", "running", choices=STATES)
    result: str = told("what it found, with n and interval", "", default="")
    conclusion: str = told("what follows for clinical evaluation and risk file", "", default="")
    deviations: str = told("where it departed from its plan", "", default="")
    evidence: list[str] = told(
        _EVIDENCE, "", default_factory=list, sa_column=Stored(JSON, nullable=False)
    )

    @classmethod
    def contradictions(cls, values: Mapping[str, Any]) -> list[tuple[str, str]]:
        """A finished activity has a result, a stopped one says why."""
        found = super().contradictions(values)
        if values.get("state") == "finished":
            found += [(one, f"It is finished: say its {one}.") for one in ("result", "conclusion")
                      if not values.get(one)]  # fmt: skip
        if values.get("state") == "stopped" and not values.get("deviations"):
            found.append(("deviations", "It was stopped: say why."))
        return found


class ReaderStudy(Fact, table=True):
    """A study of readers with and without the device: design, readers, cases, result."""

    __tablename__ = "reader_study"
    __table_args__ = of_one_version()
    PREFIX: ClassVar[str] = "RDS"
    CODE: ClassVar[str] = "RS"
    KIND: ClassVar[str] = "reader-study"
    WORDS: ClassVar[str] = "Studies of readers with and without the device"

    title: str = told("what it is called, with its protocol",
                      "reading with and without flags, protocol P-3")  # fmt: skip
    design: str = told("its design", "fully crossed", choices=DESIGNS)
    readers: int = told("how many readers", "8")
    experience: str = told("who they were", "radiologists, 2 to 20 years of experience")
    cases: int = told("how many cases", "240")
    diseased: int = told("how many of them show the finding", "80")
    arms: str = told("what was compared", "without output; with output in view")
    endpoint: str = told("what was measured", "difference of the area under the curve")
    estimate: float | None = told("what was found; empty: not finished", "0.03", default=None)
    low: float | None = told("lower limit of its 95 % interval", "0.01", default=None)
    high: float | None = told("upper limit of its 95 % interval", "0.05", default=None)
    method: str = told("method of analysis", "Obuchowski and Rockette, readers and cases random")
    since: date = told("first day of reading", "2026-02-01")
    until: date | None = told("last day of reading; empty: not finished", "2026-03-15",
                              default=None)  # fmt: skip
    of_version: str = told("version of the device that was read with", "1.0", default="")
    evidence: list[str] = told(
        _EVIDENCE, "", default_factory=list, sa_column=Stored(JSON, nullable=False)
    )
    report: str = told("report of the study, with its edition", "report P-3, 1.0", default="")

    @classmethod
    def contradictions(cls, values: Mapping[str, Any]) -> list[tuple[str, str]]:
        """A figure has an interval that holds it, and not more are ill than there are."""
        found = super().contradictions(values)
        cases, diseased = values.get("cases"), values.get("diseased")
        if cases is not None and diseased is not None and diseased > cases:
            found.append(("diseased", f"{diseased} of {cases} cases is too many."))
        low, value, high = (values.get(one) for one in ("low", "estimate", "high"))
        told_of = [one is not None for one in (low, value, high)]
        if any(told_of) and not all(told_of):
            found.append(("estimate", "A figure stands with both limits of its interval."))
        elif value is not None and not (low or 0.0) <= value <= (high or 0.0):
            found.append(("estimate", f"{value} does not lie between {low} and {high}."))
        return found
