"""What is known for a document, and what is not: facts of a device by kind and period.

Each reading gives the facts with their labels, and a sentence for each thing that nobody entered.
Missing is not zero. `at` is the instant of the data freeze: what was recorded later is not seen.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, Generic, TypeVar

from sqlmodel import Session

from records.clinical_follow_up import FollowUpActivity, ReaderStudy
from records.conformity_facts import AppliedStandard, LabelClaim, SafetyRequirement
from records.distribution import UNITS, ExposureEstimate, Sales, last_day_of_twelve_months
from records.errors import InvalidInput
from records.fact_cells import YEARS
from records.facts import Fact
from records.literature import LiteratureFinding, LiteratureSearch, RegisterSearch, SimilarDevice
from records.market_facts import Certificate, DeviceIdentifier, MarketPlacing
from records.nonconformities import Nonconformity
from records.organisations import Organisation, Supplier
from records.plan_facts import COLLECTED, PlanIndicator, PlanSource
from records.recorded_facts import newest_versions

F = TypeVar("F", bound=Fact)

REGIONS: Final = ("EEA+TR+XI", "worldwide")
"""The regions of the tables of a PSUR (MDCG 2022-21)."""
ANNEX_I: Final = tuple(str(one) for one in range(1, 24))
"""The numbers of the general safety and performance requirements (MDR Annex I)."""


@dataclass(frozen=True, slots=True)
class Known(Generic[F]):
    """Facts that stand, and a sentence for each thing that is not known."""

    facts: tuple[F, ...]
    lacking: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        """The records, for what quotes them."""
        return tuple(one.label for one in self.facts)


def standing_facts(
    session: Session, table: type[F], device: str, *, at: datetime | None = None
) -> tuple[F, ...]:
    """The facts of a kind that stand: the newest version under each key, without withdrawn ones."""
    found: Iterable[F] = newest_versions(session, table, device, at=at)
    return tuple(one for one in found if not one.withdrawn)


@dataclass(frozen=True, slots=True)
class SalesCell:
    """A cell of the table of sales: 12 months of a region in a unit. No fact: not known."""

    region: str
    unit: str
    since: date
    until: date
    fact: Sales | None


def sales_by_year(
    session: Session, device: str, until: date, *, years: int = 4, at: datetime | None = None
) -> tuple[tuple[SalesCell, ...], tuple[str, ...]]:
    """Table T1 of a PSUR: 12 months each, back from a day, by region and by each unit in use.

    Two figures for one cell are a contradiction, and are not added up: the cell stays unknown.

    Returns:
        The cells, the last 12 months first, and a sentence for each that is not known.
    """
    found = standing_facts(session, Sales, device, at=at)
    by_cell: dict[tuple[str, str, date, date], list[Sales]] = {}
    for one in found:
        by_cell.setdefault((one.region, one.unit, one.since, one.until), []).append(one)
    used = [unit for unit in UNITS if any(one.unit == unit for one in found)] or [UNITS[0]]
    cells, lacking = [], []
    for since, last in twelve_months_back(until, years):
        for region in REGIONS:
            for unit in used:
                known = by_cell.get((region, unit, since, last), [])
                cells.append(SalesCell(region, unit, since, last,
                                       known[0] if len(known) == 1 else None))  # fmt: skip
                where = f"{unit} in {region}, {since} to {last}"
                if not known:
                    lacking.append(f"Nobody recorded {where}.")
                elif len(known) > 1:
                    labels = " and ".join(one.label for one in known)
                    lacking.append(f"{labels} both tell {where}: one must be withdrawn.")
    return tuple(cells), tuple(lacking)


def twelve_months_back(until: date, years: int) -> list[tuple[date, date]]:
    """Periods of 12 months, the one that ends on a day first.

    Raises:
        InvalidInput: The day is none of the years in which facts can lie.

    >>> twelve_months_back(date(2026, 6, 30), 2)[1]
    (datetime.date(2024, 7, 1), datetime.date(2025, 6, 30))
    """
    if not YEARS[0] + years < until.year <= YEARS[1]:
        raise InvalidInput(f"{until} is no day on which a period ends.",
                           hint=f"Name one of the years up to {YEARS[1]}.")  # fmt: skip
    after = until + timedelta(days=1)
    day = 28 if (after.month, after.day) == (2, 29) else after.day
    firsts = [date(after.year - back, after.month, day) for back in range(1, years + 1)]
    periods = [(one, last_day_of_twelve_months(one)) for one in firsts]
    return [(periods[0][0], until), *periods[1:]]


def exposure_in(
    session: Session, device: str, since: date, until: date, *, at: datetime | None = None
) -> Known[ExposureEstimate]:
    """Estimates of patients and studies for periods that lie in one, whatever characteristic."""
    found = _chosen(session, ExposureEstimate, device, at,
                    lambda one: since <= one.since and one.until <= until)  # fmt: skip
    whole = {one.region for one in found if one.characteristic == "all"}
    lacking = [f"The size of the population in {region}, {since} to {until}, is not recorded."
               for region in REGIONS if region not in whole]  # fmt: skip
    for name in ("age band", "sex"):
        if not any(one.characteristic == name for one in found):
            lacking.append(f"Nobody recorded the population by {name}, {since} to {until}.")
    return Known(found, tuple(lacking))


def searches_in(
    session: Session, device: str, since: date, until: date, *, at: datetime | None = None
) -> tuple[Known[LiteratureSearch], Known[RegisterSearch]]:
    """Searches of literature and of databases that were made in a period."""
    literature = _chosen(session, LiteratureSearch, device, at,
                         lambda one: since <= one.searched_on <= until)  # fmt: skip
    register = _chosen(session, RegisterSearch, device, at,
                       lambda one: since <= one.searched_on <= until)  # fmt: skip
    period = f"{since} to {until}"
    return (
        Known(literature, () if literature else (f"No search of literature, {period}.",)),
        Known(register, () if register else (f"No search of databases of events, {period}.",)),
    )


def findings_of(
    session: Session, device: str, searches: Sequence[LiteratureSearch], *,
    at: datetime | None = None,
) -> Known[LiteratureFinding]:
    """What the publications say that searches kept; a search with fewer than it kept is named."""
    keys = {one.key for one in searches}
    found = _chosen(session, LiteratureFinding, device, at, lambda one: one.search in keys)
    lacking = []
    for one in searches:
        told = sum(each.search == one.key for each in found)
        if told != one.included:
            lacking.append(f"{one.label} kept {one.included} publications, and {told} are told.")
    return Known(found, tuple(lacking))


def follow_up_activities(
    session: Session, device: str, since: date, until: date, *, at: datetime | None = None
) -> Known[FollowUpActivity]:
    """PMCF activities that ran on a day of a period, or are planned for it."""
    found = _chosen(session, FollowUpActivity, device, at,
                    lambda one: _in_force(one, since, until))  # fmt: skip
    lacking = [] if found else [f"No PMCF activity is recorded for {since} to {until}."]
    lacking += [
        f"{one.label} was to end by {one.until}, and is {one.state}."
        for one in found if one.until and one.until <= until and one.state in ("planned", "running")
    ]  # fmt: skip
    return Known(found, tuple(lacking))


def reader_studies(
    session: Session, device: str, *, at: datetime | None = None
) -> Known[ReaderStudy]:
    """Every study of readers; one without a result is named."""
    found = standing_facts(session, ReaderStudy, device, at=at)
    return Known(found, tuple(f"{one.label} has no result yet." for one in found
                              if one.estimate is None))  # fmt: skip


def organisations_on(
    session: Session, device: str, day: date, *, at: datetime | None = None
) -> Known[Organisation]:
    """Who acts for a device on a day; maker, responsible person and contact are named if not known.

    Whether an authorised representative is needed depends on where the maker is (MDR Art. 11).
    """
    found = _chosen(session, Organisation, device, at, lambda one: _in_force(one, day, day))
    told = {one.role for one in found}
    needed = ("manufacturer", "person responsible for regulatory compliance", "contact")
    lacking = [f"No {role} is recorded." for role in needed if role not in told]
    lacking += [f"{one.label} has no number of registration." for one in found
                if one.role == "manufacturer" and not one.registration]  # fmt: skip
    return Known(found, tuple(lacking))


def suppliers(session: Session, device: str, *, at: datetime | None = None) -> Known[Supplier]:
    """Every supplier; a critical one that was never evaluated is named."""
    found = standing_facts(session, Supplier, device, at=at)
    lacking = [] if found else ["No supplier is recorded, nor that there is none."]
    lacking += [f"{one.label} is critical, and no evaluation is recorded." for one in found
                if one.critical and one.evaluated_on is None]  # fmt: skip
    return Known(found, tuple(lacking))


def certificates_on(
    session: Session, device: str, day: date, *, at: datetime | None = None
) -> Known[Certificate]:
    """Certificates issued by a day, whatever became of them; one that ended by then is named."""
    found = _chosen(session, Certificate, device, at, lambda one: one.issued_on <= day)
    lacking = [] if found else [f"No certificate or declaration is recorded by {day}."]
    lacking += [
        f"{one.label} ended on {one.valid_until}, and is recorded as valid." for one in found
        if one.state == "valid" and one.valid_until and one.valid_until < day
    ]  # fmt: skip
    return Known(found, tuple(lacking))


def identifiers_on(
    session: Session, device: str, day: date, *, at: datetime | None = None
) -> Known[DeviceIdentifier]:
    """The UDI-DI in use on a day."""
    found = _chosen(session, DeviceIdentifier, device, at, lambda one: _in_force(one, day, day))
    return Known(found, () if found else (f"No UDI-DI is recorded for {day}.",))


def markets_on(
    session: Session, device: str, day: date, *, at: datetime | None = None
) -> Known[MarketPlacing]:
    """The countries where the device is on the market on a day."""
    found = _chosen(session, MarketPlacing, device, at, lambda one: _in_force(one, day, day))
    return Known(found, () if found else (f"No country is recorded for {day}.",))


def label_claims(session: Session, device: str, *, at: datetime | None = None) -> Known[LabelClaim]:
    """Every claim of label and instructions; one without evidence is named."""
    found = standing_facts(session, LabelClaim, device, at=at)
    lacking = [] if found else ["No claim of label or instructions is recorded."]
    lacking += [f"{one.label} names no evidence." for one in found
                if not one.evidence and not one.grounds]  # fmt: skip
    return Known(found, tuple(lacking))


def safety_requirements(
    session: Session, device: str, *, at: datetime | None = None
) -> Known[SafetyRequirement]:
    """Annex I row by row, in its order; each of the 23 numbers that has no row is named."""
    found = sorted(standing_facts(session, SafetyRequirement, device, at=at),
                   key=lambda one: [int(part) for part in one.requirement.split(".")])  # fmt: skip
    told = {one.requirement.split(".")[0] for one in found}
    lacking = [f"Annex I, {one}: nobody said whether it applies." for one in ANNEX_I
               if one not in told]  # fmt: skip
    lacking += [f"{one.label} (Annex I, {one.requirement}) names no evidence." for one in found
                if one.applies and not one.evidence and not one.grounds]  # fmt: skip
    return Known(tuple(found), tuple(lacking))


def applied_standards(
    session: Session, device: str, *, at: datetime | None = None
) -> Known[AppliedStandard]:
    """Every standard that was applied."""
    found = standing_facts(session, AppliedStandard, device, at=at)
    return Known(found, () if found else ("No standard is recorded.",))


def similar_devices(
    session: Session, device: str, *, at: datetime | None = None
) -> Known[SimilarDevice]:
    """Every similar device."""
    found = standing_facts(session, SimilarDevice, device, at=at)
    return Known(found, () if found else ("No similar device is recorded.",))


def plan_sources_on(
    session: Session, device: str, day: date, *, at: datetime | None = None
) -> Known[PlanSource]:
    """The sources of the PMS plan on a day; what of Annex III 1.1(a) none collects is named."""
    found = _chosen(session, PlanSource, device, at, lambda one: _in_force(one, day, day))
    told = {one.collects for one in found}
    return Known(found, tuple(f"No source is recorded for {one}." for one in COLLECTED
                              if one not in told))  # fmt: skip


def plan_indicators_on(
    session: Session, device: str, day: date, *, at: datetime | None = None
) -> Known[PlanIndicator]:
    """The indicators of the PMS plan on a day; one without a baseline is named."""
    found = _chosen(session, PlanIndicator, device, at, lambda one: _in_force(one, day, day))
    lacking = [] if found else ["No indicator with a threshold is recorded."]
    lacking += [f"{one.label} has no baseline." for one in found if one.baseline is None]
    return Known(found, tuple(lacking))


def nonconformities_in(
    session: Session, device: str, since: date, until: date, *, at: datetime | None = None
) -> Known[Nonconformity]:
    """Nonconformities found in a period; that none is recorded does not say that there was none."""
    found = _chosen(session, Nonconformity, device, at, lambda one: since <= one.found_on <= until)
    lacking = [] if found else [f"No nonconformity is recorded, {since} to {until}; whether there "
                                "was none is not known."]  # fmt: skip
    lacking += [f"{one.label} is open." for one in found if one.closed_on is None]
    return Known(found, tuple(lacking))


def _chosen(
    session: Session, table: type[F], device: str, at: datetime | None,
    wanted: Callable[[F], bool],
) -> tuple[F, ...]:
    return tuple(one for one in standing_facts(session, table, device, at=at) if wanted(one))


def _in_force(one: Any, first: date, last: date) -> bool:
    """Whether it holds on a day of a period; an open beginning or end does."""
    begins, ends = one.since, one.until
    return (begins is None or begins <= last) and (ends is None or ends >= first)
