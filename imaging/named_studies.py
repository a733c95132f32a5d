"""Which studies a message or a table means: by Study Instance UID, label here, or accession number.

One way for reports, results of other makers' products and readings in tables. What is named is
turned into pseudonyms; whether the study is here, of that site and of that patient is told by who
asks.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from sqlmodel import Session, col, select

from imaging.identity import IdentityStore, identity_store
from imaging.pseudonyms import workspace_deidentifier
from imaging.reports.waiting import waiting_reports
from records.cases import Study
from records.store import Store

UID, ACCESSION, LABEL = "uid", "accession", "label"
_LABEL: Final = re.compile(r"STU-0*(\d{1,15})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class StudyNamed:
    """By what a study is named: its UID, its accession number, or its label here."""

    by: str
    value: str = field(repr=False)


def uid_or_label(text: str) -> StudyNamed:
    """What a cell means that holds a label such as STU-0001, else a Study Instance UID.

    >>> uid_or_label("stu-0001").by, uid_or_label("1.2.840.7").by
    ('label', 'uid')
    """
    return StudyNamed(LABEL if _LABEL.fullmatch(text) else UID, text)


class Accessions:
    """The studies of each accession number, by its keyed digest; what is new is added when asked.

    The first question opens every entry of the identity mapping, later ones only what came since.
    """

    def __init__(self, mapping: IdentityStore, digest: Callable[[str], str]) -> None:
        self._mapping, self._digest = mapping, digest
        self._mark = (0, 0)
        self._studies: dict[str, set[str]] = defaultdict(set)

    def studies(self, name: str) -> set[str]:
        """The pseudonyms of the studies of an accession number's digest."""
        return self._studies.get(name, set())

    def refresh(self) -> None:
        """Read what the mapping has learnt since."""
        found, self._mark = self._mapping.accessions(self._mark)
        for study, accession in found:
            self._studies[self._digest(accession)].add(study)


class NamedStudies:
    """Turns what names studies into their pseudonyms, many at once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._own = workspace_deidentifier(store)
        self._digest = waiting_reports(store).accession_name

    @cached_property
    def accessions(self) -> Accessions:
        """The studies of each accession number; the identity mapping is opened for no other."""
        return Accessions(identity_store(self._store), self._digest)

    def of_uid(self, uid: str) -> str:
        """The pseudonym of a study by the UID in the hospital's files; it may not be here."""
        return self._own.study_pseudonym(uid)

    def pseudonyms(
        self, reader: Session, names: Collection[StudyNamed]
    ) -> dict[StudyNamed, list[str]]:
        """The pseudonyms that each of these may mean, in a fixed order: one for a UID, none for a
        label or an accession number that nothing here has, several where studies share a number.

        Raises:
            IntegrityBroken: The identity mapping was altered, or is sealed with another key.
        """
        if any(one.by == ACCESSION for one in names):
            self.accessions.refresh()
        labels = {
            one: int(label[1]) for one in names
            if one.by == LABEL and (label := _LABEL.fullmatch(one.value))
        }
        query = select(Study.id, Study.study_uid).where(col(Study.id).in_(set(labels.values())))
        here = dict(reader.exec(query).all()) if labels else {}
        found: dict[StudyNamed, list[str]] = {}
        for one in names:
            if one.by == UID:
                found[one] = [self.of_uid(one.value)]
            elif one.by == ACCESSION:
                found[one] = sorted(self.accessions.studies(self._digest(one.value)))
            else:
                uid = here.get(labels.get(one, 0))
                found[one] = [uid] if uid else []
        return found
