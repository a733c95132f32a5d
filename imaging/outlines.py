"""The true outlines of a structure: kept in the vault, and recorded as reference standards."""

from collections.abc import Mapping
from datetime import date, datetime

from sqlmodel import Session

from records.batches import add_batch
from records.cases import ReferenceStandard
from records.outlines import outlines_of
from records.queries import studies_by_uid


def record_outlines(
    tx: Session, outlines: Mapping[str, str], *, structure: str, known_on: date, now: datetime
) -> int:
    """Record where a structure truly lies in each study; how many studies it was new for.

    outlines: by pseudonymous study UID, the SHA-256 under which the mask lies in the vault. The
    first outline of a study stays: doing it again adds nothing.
    """
    known = outlines_of(tx, structure)
    fresh = {uid: region for uid, region in outlines.items() if uid not in known}
    studies = studies_by_uid(tx, fresh)
    add_batch(
        tx,
        ReferenceStandard,
        [
            {
                "study_id": study.id, "finding": structure, "present": True,
                "source": f"outline of {structure}", "known_on": known_on, "received_at": now,
                "reader": "", "region": fresh[uid],
            }
            for uid, study in studies.items()
        ],
    )
    return len(studies)
