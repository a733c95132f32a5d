"""Where something truly lies, as outline or boxes: kept in the vault, on record as the truth."""

from collections.abc import Collection, Mapping
from datetime import date, datetime

from sqlmodel import Session

from records.batches import add_batch
from records.cases import OUTLINE, ReferenceStandard
from records.lookup import find_record
from records.outlines import regions_of
from records.queries import studies_by_uid

NOWHERE: Collection[str] = frozenset()
"""No study is without the structure."""


def record_regions(
    tx: Session, outlines: Mapping[str, str], *, structure: str, known_on: date, now: datetime,
    kind: str = OUTLINE, without: Collection[str] = NOWHERE,
) -> int:  # fmt: skip
    """Record where a structure truly lies in each study; how many studies it was new for.

    outlines: by pseudonymous study UID, the SHA-256 under which the mask, or the boxes, lie in the
    vault. kind: which of the two. without: the studies in which it is nowhere. What was recorded
    first of a study stays: doing it again adds nothing.
    """
    known = regions_of(tx, structure, kind)
    fresh = {uid: region for uid, region in outlines.items() if uid not in known}
    studies = studies_by_uid(tx, fresh)
    add_batch(
        tx,
        ReferenceStandard,
        [
            {
                "study_id": study.id, "finding": structure, "present": uid not in without,
                "source": f"{kind} of {structure}", "known_on": known_on, "received_at": now,
                "reader": "", "region": fresh[uid],
            }
            for uid, study in studies.items()
        ],
    )
    return len(studies)


def correct_regions(
    tx: Session, outlines: Mapping[str, str], *, structure: str, known_on: date, now: datetime,
    kind: str = OUTLINE, without: Collection[str] = NOWHERE,
) -> int:  # fmt: skip
    """Record where a structure lies after all, as the next version of what was on record; how many.

    outlines, without: as of :func:`record_regions`; a study of which nothing stands, or the same,
    is left. A correction is known from ``known_on`` on, and never before what it corrects.
    """
    known = regions_of(tx, structure, kind)
    changed = {
        uid: region for uid, region in outlines.items() if uid in known and known[uid][0] != region
    }
    studies = studies_by_uid(tx, changed)
    before = {uid: find_record(tx, ReferenceStandard, known[uid][1]) for uid in studies}
    add_batch(tx, ReferenceStandard, [
        {
            "study_id": study.id, "finding": structure, "present": uid not in without,
            "source": before[uid].source, "known_on": max(known_on, before[uid].known_on),
            "received_at": now, "reader": "", "region": changed[uid],
            "version": before[uid].version + 1, "supersedes_id": before[uid].id,
        }
        for uid, study in studies.items()
    ])  # fmt: skip
    return len(studies)
