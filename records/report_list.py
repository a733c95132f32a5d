"""Reports as they are listed: what each says, without its text."""

from typing import Any

from sqlmodel import Session, col, select

from records.cases import Study
from records.product import Site
from records.reports import CANCELLED, RadiologyReport


def newest_reports(reader: Session, last: int) -> list[dict[str, Any]]:
    """The newest versions of reports, newest first: study, site, status and findings."""
    query = (
        select(RadiologyReport, Site.name)
        .join(Study, col(Study.id) == col(RadiologyReport.study_id))
        .join(Site, col(Site.id) == col(Study.site_id))
        .order_by(col(RadiologyReport.id).desc())
        .limit(last)
    )
    return [
        {
            "report": one.label, "study": Study.label_of(one.study_id), "site": site,
            "origin": one.origin, "status": one.status, "version": one.version,
            "says": said_in_words(one), "reader": one.reader, "reported_on": one.reported_on,
        }
        for one, site in reader.exec(query)
    ]  # fmt: skip


def report_fields(reader: Session, report: RadiologyReport) -> dict[str, Any]:
    """One version of a report, with what came before it."""
    before = RadiologyReport.label_of(report.supersedes_id) if report.supersedes_id else ""
    site = reader.exec(
        select(Site.name).join(Study, col(Study.site_id) == col(Site.id))
        .where(Study.id == report.study_id)
    ).one()
    return {
        "report": report.label, "study": Study.label_of(report.study_id), "site": site,
        "origin": report.origin, "status": report.status, "version": report.version,
        "comes_after": before, "says": said_in_words(report), "rules": report.rules,
        "reader": report.reader, "reported_on": report.reported_on,
        "received_at": report.received_at,
    }  # fmt: skip


def said_in_words(report: RadiologyReport) -> str:
    """The findings that a report mentions, such as 'pneumonia present, pleural effusion absent'."""
    if report.status == CANCELLED:
        return "nothing: it is cancelled"
    return ", ".join(
        f"{name.replace('_', ' ')} {said['said']}" for name, said in report.findings.items()
    ) or "none of the findings"
