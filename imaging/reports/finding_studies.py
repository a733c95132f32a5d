"""Which study a report is of: by its UID, its label, or its accession number; and of which patient.

A report that names a patient has to name the study's: one that is filed with another patient's
study is worse than one that is held back.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlmodel import Session, select

from imaging.deidentify import Deidentifier
from imaging.named_studies import (
    ACCESSION,
    UID,
    Accessions,
    NamedStudies,
    StudyNamed,
    uid_or_label,
)
from imaging.pseudonyms import workspace_deidentifier
from imaging.reports.arrived import ArrivedReport
from records.cases import Study
from records.product import Site
from records.queries import studies_by_uid
from records.store import Store
from records.study_corrections import Merges

OTHER_PATIENT = "report: another patient than its study's"
OTHER_SITE = "report: of a study of another site"
SEVERAL_STUDIES = "report: its accession number is of several studies"


@dataclass(frozen=True, slots=True)
class Located:
    """A report with its study; or none, and then it waits, or why it is held back.

    awaits: the pseudonym of the study that it names.
    """

    report: ArrivedReport = field(repr=False)
    study: Study | None
    held: str = ""
    awaits: str = ""


def _named(report: ArrivedReport) -> StudyNamed:
    return uid_or_label(report.study) if report.study else StudyNamed(ACCESSION, report.accession)


class StudyFinder:
    """Finds the studies of arrived reports, many at once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._names = NamedStudies(store)
        self._named: dict[tuple[str, str], Deidentifier] = {}

    @property
    def accessions(self) -> Accessions:
        """The studies of each accession number."""
        return self._names.accessions

    def locate(
        self, reader: Session, site: str, reports: Sequence[ArrivedReport]
    ) -> list[Located]:
        """The study of each report, in the order of the reports. site: their sender's."""
        named = [_named(one) for one in reports]
        means = self._names.pseudonyms(reader, set(named))
        by_uid = studies_by_uid(reader, {uid for each in means.values() for uid in each})
        sites = {one.id: one.name for one in reader.exec(select(Site))}
        merges, judged = Merges(reader), list[Located]()
        for one, name in zip(reports, named, strict=True):
            studies = [by_uid[uid] for uid in means[name] if uid in by_uid]
            awaits = means[name][0] if name.by == UID else ""
            judged.append(self._judged(one, studies, awaits, site, sites, merges))
        return judged

    def _judged(
        self, report: ArrivedReport, studies: list[Study], awaits: str, site: str,
        sites: dict[int | None, str], merges: Merges,
    ) -> Located:  # fmt: skip
        if not studies:
            return Located(report, None, awaits=awaits)
        local = [one for one in studies if sites.get(one.site_id) == site]
        if not local:
            named = bool(report.study)
            return Located(report, None, held=OTHER_SITE if named else "")
        mine = [one for one in local if self._is_patient(report, one, site, merges)]
        if not mine:
            return Located(report, None, held=OTHER_PATIENT)
        if len(mine) > 1:
            return Located(report, None, held=SEVERAL_STUDIES)
        return Located(report, mine[0])

    def _is_patient(self, report: ArrivedReport, study: Study, site: str, merges: Merges) -> bool:
        if not report.patients:
            return True
        names = {
            merges.current(self._deidentifier(site, issuer).patient_pseudonym(number))
            for number, told in report.patients
            for issuer in {"", told}
        }
        return study.patient in names

    def _deidentifier(self, site: str, issuer: str) -> Deidentifier:
        if (site, issuer) not in self._named:
            if len(self._named) > 1000:  # issuers come from outside
                self._named.clear()
            self._named[site, issuer] = workspace_deidentifier(
                self._store, site=site, issuer=issuer
            )
        return self._named[site, issuer]
