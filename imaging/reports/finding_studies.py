"""Which study a report is of: by its UID, its label, or its accession number; and of which patient.

A report that names a patient has to name the study's: one that is filed with another patient's
study is worse than one that is held back.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlmodel import Session, col, select

from imaging.deidentify import Deidentifier
from imaging.identity import IdentityStore
from imaging.pseudonyms import workspace_deidentifier
from imaging.reports.arrived import ArrivedReport
from imaging.reports.waiting import WaitingReports
from records.cases import Study
from records.product import Site
from records.queries import studies_by_uid
from records.store import Store
from records.study_corrections import Merges

OTHER_PATIENT = "report: another patient than its study's"
OTHER_SITE = "report: of a study of another site"
SEVERAL_STUDIES = "report: its accession number is of several studies"
_LABEL = re.compile(r"STU-0*(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Located:
    """A report with its study; or none, and then it waits, or why it is held back.

    awaits: the pseudonym of the study that it names.
    """

    report: ArrivedReport = field(repr=False)
    study: Study | None
    held: str = ""
    awaits: str = ""


class Accessions:
    """The studies of each accession number, by its keyed digest; what is new is added when asked.

    The first question opens every entry of the identity mapping, later ones only what came since.
    """

    def __init__(self, mapping: IdentityStore, waiting: WaitingReports) -> None:
        self._mapping, self._waiting = mapping, waiting
        self._mark = (0, 0)
        self._studies: dict[str, set[str]] = defaultdict(set)

    def studies(self, name: str) -> set[str]:
        """The pseudonyms of the studies of an accession number's digest."""
        return self._studies.get(name, set())

    def refresh(self) -> None:
        """Read what the mapping has learnt since."""
        found, self._mark = self._mapping.accessions(self._mark)
        for study, accession in found:
            self._studies[self._waiting.accession_name(accession)].add(study)


class StudyFinder:
    """Finds the studies of arrived reports, many at once."""

    def __init__(self, store: Store, mapping: IdentityStore, waiting: WaitingReports) -> None:
        self._store, self._waiting = store, waiting
        self.accessions = Accessions(mapping, waiting)
        self._own = workspace_deidentifier(store)
        self._named: dict[tuple[str, str], Deidentifier] = {}

    def pseudonym(self, report: ArrivedReport) -> str:
        """The pseudonym of the study that a report names by its UID."""
        named = report.study and not _LABEL.fullmatch(report.study)
        return self._own.study_pseudonym(report.study) if named else ""

    def locate(
        self, reader: Session, site: str, reports: Sequence[ArrivedReport]
    ) -> list[Located]:
        """The study of each report, in the order of the reports. site: their sender's."""
        if any(one.accession and not one.study for one in reports):
            self.accessions.refresh()
        candidates = [self._candidates(one) for one in reports]
        by_uid = studies_by_uid(reader, {uid for each in candidates for uid in each})
        labels = {int(found[1]) for one in reports if (found := _LABEL.fullmatch(one.study))}
        query = select(Study).where(col(Study.id).in_(labels))
        by_label = {one.id: one for one in reader.exec(query)} if labels else {}
        sites = {one.id: one.name for one in reader.exec(select(Site))}
        merges, judged = Merges(reader), list[Located]()
        for one, uids in zip(reports, candidates, strict=True):
            label = _LABEL.fullmatch(one.study)
            here = [by_label.get(int(label[1]))] if label else [by_uid.get(uid) for uid in uids]
            studies = [each for each in here if each is not None]
            judged.append(self._judged(one, studies, site, sites, merges))
        return judged

    def _candidates(self, report: ArrivedReport) -> list[str]:
        if report.study:
            named = self.pseudonym(report)
            return [named] if named else []
        return sorted(self.accessions.studies(self._waiting.accession_name(report.accession)))

    def _judged(
        self, report: ArrivedReport, studies: list[Study], site: str, sites: dict[int | None, str],
        merges: Merges,
    ) -> Located:
        if not studies:
            return Located(report, None, awaits=self.pseudonym(report))
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
