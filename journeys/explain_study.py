"""Where the study of an accession number is: taken in, waiting, in quarantine, or never seen.

The number is an identifier: it is looked for in the mapping and in files that were not taken in,
never kept; who asked is an event.
"""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlmodel import col, select

from imaging.arriving_files import find_files
from imaging.found_by_accession import files_of
from imaging.results.identified import studies_of_accession
from records.audit import note
from records.cases import Instance, Quarantine, Study
from records.errors import NotFound
from records.people import Actor
from records.permissions import Action, require
from records.queries import studies_by_uid
from records.store import Store
from records.study_corrections import heard_before
from records.study_path import Step, study_path

LOOKED_UP = "looked up by accession number"
"""The action of the event."""


@dataclass
class Whereabouts:
    """The path of each study of an accession number, files in quarantine, and files that wait."""

    paths: dict[str, list[Step]] = field(default_factory=dict)
    quarantined: list[Quarantine] = field(default_factory=list)
    waiting: int = 0


def explain_accession(
    store: Store, accession: str, *, by: Actor, now: datetime
) -> Whereabouts:
    """What became of everything that bears an accession number.

    Raises:
        NotAllowed: The person has no role that looks studies up.
        NotFound: Nothing that bears it has arrived.
    """
    require(by, Action.LOOK_UP_STUDY)
    found = Whereabouts()
    uids = studies_of_accession(store, accession)
    with store.reader() as reader:
        studies = sorted(studies_by_uid(reader, set(uids)).values(), key=lambda one: one.id or 0)
        subjects = [one.subject for one in studies] or ["Study:unknown"]
    with store.transaction(by.name, "where is a study", now=now) as tx:
        for subject in subjects:
            note(tx, LOOKED_UP, subject)
    with store.reader() as reader:
        for study in studies:
            found.paths[study.label] = study_path(reader, reader.get_one(Study, study.id))
        refused = {one.source_digest: one for one in reader.exec(select(Quarantine))}
        kept = (path for path in store.workspace.quarantine.glob("*") if path.name in refused)
        found.quarantined = [refused[path.name] for path in files_of(accession, kept)]
        waiting = {
            hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files_of(accession, _arrived(store.workspace.incoming))
        }
        taken = reader.exec(
            select(Instance.source_digest).where(col(Instance.source_digest).in_(waiting))
        )
        said = heard_before(reader, sorted(waiting))  # sent again: no image, but a correction
        found.waiting = len(waiting - set(taken) - said - set(refused))
    if not (found.paths or found.quarantined or found.waiting):
        raise NotFound(
            "Nothing of this accession number has arrived.",
            hint="Ask whether the PACS sent it: 'radvigil node list' names who may.",
        )
    return found


def _arrived(incoming: Path) -> list[Path]:
    return find_files(incoming).paths if incoming.is_dir() else []
