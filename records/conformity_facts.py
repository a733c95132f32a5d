"""What a device claims and holds to: claims of the label, Annex I row by row, standards."""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar, Final

from sqlalchemy import JSON
from sqlalchemy import Column as Stored

from records.facts import Fact, of_one_version, told

EXTENT: Final = ("in full", "in part")


class LabelClaim(Fact, table=True):
    """A claim of the label, the instructions or the advertising, and what shows that it is true."""

    __tablename__ = "label_claim"
    __table_args__ = of_one_version()
    PREFIX: ClassVar[str] = "LBL"
    CODE: ClassVar[str] = "LBL"
    KIND: ClassVar[str] = "claim"
    WORDS: ClassVar[str] = "Claims of label and instructions, with their evidence (MDR Art. 7)"

    item: str = told("where it stands: document, edition, section", "instructions 1.0, section 4.2")
    claim: str = told("its words", "flags four of five radiographs that show pneumonia")
    language: str = told("language of these words", "English")
    measure: str = told("the measure that it speaks of; empty: of none", "sensitivity", default="")
    evidence: list[str] = told(
        "records that show it", "EVA-0001", default_factory=list,
        sa_column=Stored(JSON, nullable=False),
    )
    grounds: str = told("other evidence: report, literature, section of the clinical evaluation",
                        "clinical evaluation 2026, section 5", default="")  # fmt: skip
    since: date | None = told("from which day on it is claimed", "2026-06-01", default=None)


class SafetyRequirement(Fact, table=True):
    """A row of Annex I: whether it applies, by which standard or solution, and what shows it."""

    __tablename__ = "safety_requirement"
    __table_args__ = of_one_version()
    PREFIX: ClassVar[str] = "GSP"
    CODE: ClassVar[str] = "REQ"
    KIND: ClassVar[str] = "gspr"
    WORDS: ClassVar[str] = "General safety and performance requirements (MDR Annex I), row by row"

    requirement: str = told(
        "number of the requirement in Annex I", "17.2",
        pattern=(r"([1-9]|1[0-9]|2[0-3])(\.[1-9][0-9]?)*",
                 "a number of Annex I from 1 to 23, such as 17.2"),
    )
    applies: bool = told("whether it applies", "yes")
    why_not: str = told("why it does not apply", "", default="")
    solution: str = told("standards or solutions by which it is met", "IEC 62304", default="")
    evidence: list[str] = told(
        "records that show it", "", default_factory=list, sa_column=Stored(JSON, nullable=False)
    )
    grounds: str = told("documents that show it, with their edition",
                        "software development file 1.0", default="")  # fmt: skip

    @classmethod
    def contradictions(cls, values: Mapping[str, Any]) -> list[tuple[str, str]]:
        """What does not apply says why; what applies says how it is met."""
        if values.get("applies") is False and not values.get("why_not"):
            return [("why_not", "It does not apply: say why.")]
        if values.get("applies") and values.get("why_not"):
            return [("why_not", "It applies: leave this empty.")]
        if values.get("applies") and not values.get("solution"):
            return [("solution", "It applies: say by what it is met.")]
        return []


class AppliedStandard(Fact, table=True):
    """A standard or common specification that was applied, in which edition, and how far."""

    __tablename__ = "applied_standard"
    __table_args__ = of_one_version()
    PREFIX: ClassVar[str] = "STD"
    CODE: ClassVar[str] = "REQ"
    KIND: ClassVar[str] = "standard"
    WORDS: ClassVar[str] = "Standards and common specifications that were applied"

    designation: str = told("designation with edition", "EN 62304:2006/A1:2015")
    title: str = told("what it is about", "life cycle of medical device software")
    harmonised: bool = told("whether its reference is published for the MDR", "no")
    extent: str = told("how far it was applied", "in full", choices=EXTENT)
    left_out: str = told("which clauses were not applied, and why", "", default="")
    since: date | None = told("applied from which day on", "2024-01-01", default=None)

    @classmethod
    def contradictions(cls, values: Mapping[str, Any]) -> list[tuple[str, str]]:
        """What was applied in part says what was left out."""
        if values.get("extent") == "in part" and not values.get("left_out"):
            return [("left_out", "Applied in part: say which clauses were not, and why.")]
        return []
