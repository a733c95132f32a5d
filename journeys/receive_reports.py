"""Reports come in from files (HL7, DICOM SR, CSV), and are read again later."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from imaging.reports.arrived import ArrivedReport
from imaging.reports.intake import AT_ONCE, Outcome, ReportIntake, ReportsTaken
from imaging.reports.reading import read_text
from imaging.reports.rules import load_rules
from imaging.reports.truth import findings_of_devices, record_report_truth
from imaging.reports.versions import Proposed, record_versions
from imaging.ris.faults import MessageRefused
from imaging.ris.message import read_header
from imaging.ris.results import read_reports
from imaging.sources.base import SourceRefused
from imaging.sources.report_sr import read_report_sr
from imaging.sources.report_table import read_reports_csv
from records.cases import Study
from records.errors import InvalidInput
from records.reports import CANCELLED, RadiologyReport
from records.site_names import check_site_name
from records.store import Store
from records.vault import Vault


@dataclass
class ReportsReceived(ReportsTaken):
    """What became of the reports of files; refused: the names of files that are none, and why."""

    refused: list[tuple[str, str]] = field(default_factory=list)


def receive_reports(
    store: Store, path: Path, *, site: str, actor: str, now: datetime
) -> ReportsReceived:
    """Take in the reports of a file, or of a folder of files: .hl7, .csv and DICOM.

    A table with a wrong line is refused whole; of a folder the other files are taken. site: whose
    the reports are; patient numbers are those of the site.

    Raises:
        InvalidInput: There is no such file, or the one that was named cannot be read.
    """
    check_site_name(site)
    files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
    if not path.exists():
        raise InvalidInput(f"There is no file or folder {path}.")
    received, intake = ReportsReceived(), ReportIntake(store, actor=actor)
    reports: list[ArrivedReport] = []
    for file in files:
        if file.name.startswith("."):
            continue
        try:
            reports += _read(file)
        except SourceRefused as refused:
            if not path.is_dir():
                raise
            received.refused.append((file.name, refused.what))
    received.add(intake.take(reports, site=site, now=now))
    received.add(intake.take_arrived(now=now))
    return received


def _read(file: Path) -> list[ArrivedReport]:
    if file.suffix.lower() == ".csv":
        return read_reports_csv(file)
    if file.suffix.lower() in (".hl7", ".txt"):
        return [one for message in _messages(file) for one in message]
    return [read_report_sr(file)]


def _messages(file: Path) -> Iterator[list[ArrivedReport]]:
    """The reports of each message of a file; messages follow one another, lines end as they may."""
    content = file.read_bytes().replace(b"\x0b", b"").replace(b"\x1c", b"")
    plain = content.replace(b"\r\n", b"\r").replace(b"\n", b"\r")
    parts = [b"MSH" + one for one in (b"\r" + plain).split(b"\rMSH")[1:]]
    if not parts:
        raise SourceRefused(
            "it holds no HL7 message", where=file.name, hint="A message begins with MSH"
        )
    for number, message in enumerate(parts, start=1):
        try:
            header = read_header(message)
            if header.kind != "ORU^R01":
                raise SourceRefused(
                    f"message {number} is {header.kind}, no ORU^R01", where=file.name,
                    hint="Give results; the listener takes the rest ('radvigil hl7 run')",
                )
            found = read_reports(header, message.rstrip(b"\r") + b"\r")
        except MessageRefused as refused:
            raise SourceRefused(
                f"message {number} is refused: {refused.fault}", where=file.name,
                hint="See docs/hl7.md for what it means",
            ) from None
        if not found:
            raise SourceRefused(
                f"message {number} holds no report of an imaging service", where=file.name,
                hint="A report has OBX of type TX, FT or ST",
            )
        yield found


def reread_reports(store: Store, *, actor: str, now: datetime) -> tuple[int, int]:
    """Read every report that stands again, where the rules are others than those that read it.

    Each becomes a new version of the same text and status, also where it says the same, so that
    what stands was all read by one set of rules; the truth changes only where the answer does.

    Returns:
        How many reports were read again, and how many truths were recorded of them.
    """
    rules, vault = load_rules(), Vault(store.workspace.vault)
    with store.reader() as reader:
        old = [
            (one, modality) for one, modality in standing_reports(reader)
            if one.status != CANCELLED and one.rules not in ("none", "")
            and one.rules_digest != rules.digest
        ]  # fmt: skip
        findings = findings_of_devices(reader)
        read = [
            (one, read_text(vault.fetch(one.text_digest, of=one.label).decode(), modality))
            for one, modality in old
        ]
    truths = 0
    for at in range(0, len(read), AT_ONCE):
        part = [
            Proposed(
                one.study_id, one.report_key, "", one.origin, one.status, one.text_digest,
                f"{one.source_digest}-{rules.digest[:12]}", reading, one.reader, one.reported_on,
                None,
            )
            for one, reading in read[at : at + AT_ONCE]
        ]
        why = f"reports read again by {rules.label}"
        with store.transaction(actor, why, now=now) as tx:
            recorded, _ = record_versions(tx, part, {}, now=now)
            truths += record_report_truth(tx, recorded, findings, now=now)
    return len(read), truths


def standing_reports(reader: Session) -> list[tuple[RadiologyReport, str]]:
    """The last version of each report, with the modality of its study, in order."""
    later = aliased(RadiologyReport)
    query = (
        select(RadiologyReport, Study.modality)
        .join(Study, col(Study.id) == col(RadiologyReport.study_id))
        .where(
            ~select(later.id).where(later.supersedes_id == RadiologyReport.id).exists()
        )
        .order_by(col(RadiologyReport.id))
    )
    return [(one, modality) for one, modality in reader.exec(query)]


def told(received: ReportsTaken) -> Counter[str]:
    """The counts by what became of the reports, as they are printed."""
    return Counter({str(one): received.outcomes[one] for one in Outcome})
