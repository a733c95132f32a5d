"""The facts of the list of software of others: lock, list, reviews, advisories."""

from importlib import metadata

from sqlmodel import Session, col, select

from records.installation import InstallationCheck
from records.supplied_software import SoupReview, VulnerabilityTriage, list_triages
from records.vault import file_digest
from regulatory.documents.facts import Note
from regulatory.documents.registry import SOUP_LIST
from regulatory.documents.soup_facts import (
    AdvisoryEntry,
    ComponentEntry,
    Installed,
    SoupListFacts,
    SoupReviewEntry,
)
from regulatory.documents.wording import instant
from regulatory.gathering.edition import Basis, edition_of, signed_on, trace
from regulatory.soup import LIST, LOCK, Component, soup_components, soup_gaps

PACKAGES = "versions"
"""The point of a check of the installation that tells of its packages."""


def gather_soup_list(session: Session, basis: Basis) -> SoupListFacts:
    """What is locked, what the list says of it, and who has judged both."""
    found, lock, listed = soup_components(), file_digest(LOCK), file_digest(LIST)
    reviews = list(session.exec(select(SoupReview).order_by(col(SoupReview.id).desc())))
    triages, check = list_triages(session), newest_check(session)
    return SoupListFacts(
        edition=edition_of(SOUP_LIST, basis),
        traces=(
            trace("1", "reviews of the list of software of others", reviews),
            trace("5", "advisories that name a locked component", triages),
            trace("6", "reviews of the list of software of others", reviews),
            trace("7", "the last check of the installation", [check] if check else []),
        ),
        lock_digest=lock, list_digest=listed,
        components=tuple(_component(one) for one in found if one.direct),
        brought=tuple((one.name, one.version, one.through) for one in found if not one.direct),
        advisories=advisory_entries(triages),
        reviews=tuple(review_entry(session, one, lock, listed) for one in reviews),
        gaps=tuple(soup_gaps(session)),
        installed=_installed(check),
    )  # fmt: skip


def review_entry(
    session: Session, one: SoupReview, lock: str, listed: str
) -> SoupReviewEntry:
    """A review, with whether it is of this lock and this list (their SHA-256)."""
    return SoupReviewEntry(
        one.label, one.components, one.lock_digest == lock, one.list_digest == listed,
        tuple(one.gaps),
        Note(one.conclusion, one.reviewed_by, "made the review", one.reviewed_at, one.label),
        signed_on(session, one),
    )


def newest_check(session: Session) -> InstallationCheck | None:
    """The last check of the installation; None where none was put on record."""
    query = select(InstallationCheck).order_by(col(InstallationCheck.id).desc())
    return session.exec(query).first()


def _installed(check: InstallationCheck | None) -> Installed | None:
    if check is None:
        return None
    point = next((one for one in check.points if one["name"] == PACKAGES), None)
    if point is None:
        return None
    return Installed(check.label, check.checked_at, str(point["state"]), str(point["words"]))


def _component(one: Component) -> ComponentEntry:
    row = one.row
    return ComponentEntry(
        one.name, one.version, str(row["supplier"]).strip(), row["purpose"], needs_of(one.name),
        row["group"], row["hazard"], row["risk_item"], row["anomalies"],
        *(str(row.get(name) or "") for name in ("last_check", "evaluation", "support_end")),
    )


def needs_of(name: str) -> str:
    """The Python that a package asks for, as it states itself; '' where it states none."""
    try:
        asked = metadata.distribution(name).metadata["Requires-Python"]
    except metadata.PackageNotFoundError:
        return ""
    return f"Python {asked}" if asked else ""


def advisory_entries(triages: list[VulnerabilityTriage]) -> tuple[AdvisoryEntry, ...]:
    """Advisories as documents tell them."""
    return tuple(
        AdvisoryEntry(
            one.label, one.component, one.version, one.advisory, one.affected_range, one.severity,
            one.status, one.words, one.justification.replace("_", " "),
            f"{instant(one.decided_at)} by {one.decided_by}" if one.decided_at else "", one.due_on,
        )
        for one in triages
    )
