"""What documents of a period need of facts, and nobody recorded: one list over all kinds."""

from datetime import date, datetime

from sqlmodel import Session

from records import known_facts as known
from records.errors import InvalidInput


def missing_facts(
    session: Session, device: str, since: date, until: date, *, at: datetime | None = None
) -> list[tuple[str, str]]:
    """Kind and sentence of each thing that is not known of a period (days, both included).

    Raises:
        InvalidInput: The period ends before it begins, or lies in no year of facts.
    """
    if until < since:
        raise InvalidInput(f"The period ends on {until}, before it begins on {since}.")
    literature, register = known.searches_in(session, device, since, until, at=at)
    found: list[tuple[str, tuple[str, ...]]] = [
        ("organisation", known.organisations_on(session, device, until, at=at).lacking),
        ("supplier", known.suppliers(session, device, at=at).lacking),
        ("certificate", known.certificates_on(session, device, until, at=at).lacking),
        ("identifier", known.identifiers_on(session, device, until, at=at).lacking),
        ("market", known.markets_on(session, device, until, at=at).lacking),
        ("claim", known.label_claims(session, device, at=at).lacking),
        ("gspr", known.safety_requirements(session, device, at=at).lacking),
        ("standard", known.applied_standards(session, device, at=at).lacking),
        ("sales", known.sales_by_year(session, device, until, at=at)[1]),
        ("exposure", known.exposure_in(session, device, since, until, at=at).lacking),
        ("literature-search", literature.lacking),
        ("literature-finding",
         known.findings_of(session, device, literature.facts, at=at).lacking),
        ("database-search", register.lacking),
        ("similar-device", known.similar_devices(session, device, at=at).lacking),
        ("pmcf-activity",
         known.follow_up_activities(session, device, since, until, at=at).lacking),
        ("reader-study", known.reader_studies(session, device, at=at).lacking),
        ("plan-source", known.plan_sources_on(session, device, until, at=at).lacking),
        ("plan-indicator", known.plan_indicators_on(session, device, until, at=at).lacking),
        ("nonconformity", known.nonconformities_in(session, device, since, until, at=at).lacking),
    ]  # fmt: skip
    return [(kind, words) for kind, lacking in found for words in lacking]
