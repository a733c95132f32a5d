"""What others publish and report: searches of literature and databases, similar devices."""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar, Final

from sqlalchemy import JSON
from sqlalchemy import Column as Stored

from records.facts import Fact, of_one_version, told

RELEVANCE: Final = ("supports the benefit", "questions the benefit", "new risk", "known risk",
                    "state of the art", "none")  # fmt: skip
LIKENESS: Final = ("equivalent", "same generation", "similar", "benchmark", "predicate")


class LiteratureSearch(Fact, table=True):
    """One search of literature: where, with which words, when, and what became of each hit."""

    __tablename__ = "literature_search"
    __table_args__ = of_one_version()
    PREFIX: ClassVar[str] = "LIT"
    CODE: ClassVar[str] = "LIT"
    KIND: ClassVar[str] = "literature-search"
    WORDS: ClassVar[str] = "Searches of literature: database, words, hits, what was left out"

    database: str = told("database", "PubMed")
    words: str = told("the words as they were typed", '("pneumonia" AND "deep learning")')
    searched_on: date = told("day of the search", "2026-06-15", past=True)
    since: date = told("published from this day on", "2025-06-01")
    until: date = told("published to this day", "2026-05-31")
    hits: int = told("how many were found", "118")
    screened: int = told("how many of them were read in title and abstract", "118")
    included: int = told("how many were kept", "6")
    left_out: list[dict[str, Any]] = told(
        "why the others were left out, with their number", "other organ: 72; no outcome: 40",
        default_factory=list, sa_column=Stored(JSON, nullable=False),
    )
    conclusion: str = told("what follows for benefit and risk", "no new risk was found")

    @classmethod
    def contradictions(cls, values: Mapping[str, Any]) -> list[tuple[str, str]]:
        """The numbers add up, and the search is not older than what it searched."""
        found = super().contradictions(values)
        hits, screened, kept = (values.get(one) for one in ("hits", "screened", "included"))
        if hits is not None and screened is not None and screened > hits:
            found.append(("screened", f"{screened} of {hits} hits cannot have been read."))
        if screened is not None and kept is not None and "left_out" in values:
            gone = sum(one["number"] for one in values["left_out"])
            if kept + gone != screened:
                found.append(("left_out", f"{screened} read, {kept} kept: {screened - kept} were "
                              f"left out, and the reasons add up to {gone}."))  # fmt: skip
        return found


class LiteratureFinding(Fact, table=True):
    """What one publication of a search says of the device or its kind, and what follows."""

    __tablename__ = "literature_finding"
    __table_args__ = of_one_version()
    PREFIX: ClassVar[str] = "LTF"
    CODE: ClassVar[str] = "LIT"
    KIND: ClassVar[str] = "literature-finding"
    WORDS: ClassVar[str] = "What each publication that was kept says, and how it matters"

    search: str = told("own key of the search that found it", "literature-search-1")
    citation: str = told("authors, title, journal, year", "A. Author et al., A study, J. Ex., 2026")
    identifier: str = told("DOI or PMID", "10.0000/example", default="")
    finding: str = told("what it found, with figures and their intervals",
                        "sensitivity 0.83 (0.79 to 0.87), n = 350")  # fmt: skip
    relevance: str = told("how it matters", "state of the art", choices=RELEVANCE)
    assessment: str = told("what follows for this device", "within what the label claims")


class RegisterSearch(Fact, table=True):
    """One search of a database of events or a register, and what it said of such devices."""

    __tablename__ = "register_search"
    __table_args__ = of_one_version()
    PREFIX: ClassVar[str] = "EXT"
    CODE: ClassVar[str] = "EXT"
    KIND: ClassVar[str] = "database-search"
    WORDS: ClassVar[str] = "Searches of databases of events, recalls and registers"

    database: str = told("database or register", "MAUDE")
    words: str = told("the words or filters as they were given", "product code QAS")
    searched_on: date = told("day of the search", "2026-06-15", past=True)
    since: date = told("events from this day on", "2025-06-01")
    until: date = told("events to this day", "2026-05-31")
    hits: int = told("how many were found", "9")
    relevant: int = told("how many of them matter for this device", "1")
    events: list[dict[str, Any]] = told(
        "what they were, with their number", "false negative result: 1", default_factory=list,
        sa_column=Stored(JSON, nullable=False),
    )
    devices: str = told("similar devices that they were about", "Example Reader 2", default="")
    assessment: str = told("what follows for this device", "a known risk, R-01; rate unchanged")

    @classmethod
    def contradictions(cls, values: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Not more matter than were found."""
        found = super().contradictions(values)
        hits, relevant = values.get("hits"), values.get("relevant")
        if hits is not None and relevant is not None and relevant > hits:
            found.append(("relevant", f"{relevant} of {hits} hits cannot matter."))
        return found


class SimilarDevice(Fact, table=True):
    """A device that this one is compared with: equivalent, similar, predicate, earlier one."""

    __tablename__ = "similar_device"
    __table_args__ = of_one_version()
    PREFIX: ClassVar[str] = "SIM"
    CODE: ClassVar[str] = "EXT"
    KIND: ClassVar[str] = "similar-device"
    WORDS: ClassVar[str] = "Similar devices, predicates and earlier generations"

    name: str = told("its name", "Example Reader 2")
    maker: str = told("who makes it", "Another Example Inc.")
    likeness: str = told("how it is alike", "similar", choices=LIKENESS)
    number: str = told("its number with an authority, such as K000000", "", default="")
    compared: str = told("purpose, technique and performance beside this device's",
                         "same purpose, other network; sensitivity 0.81 by its summary")
    compared_on: date = told("day of the comparison", "2026-06-15", past=True)
