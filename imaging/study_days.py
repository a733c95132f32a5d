"""On which day a study was really made, for a comparison with what a list says of it.

The day stands in the identity mapping alone; records hold the day of arrival, and the dates in the
de-identified images may be shifted or gone.
"""

from collections.abc import Iterable
from datetime import date

from imaging.identity import identity_store
from records.store import Store


def days_taken(store: Store, study_uids: Iterable[str]) -> dict[str, date]:
    """The true study date by pseudonymous study UID, of those of which it is kept; of none where
    the mapping was destroyed.

    Raises:
        IntegrityBroken: The identity mapping, or its key, is damaged.
    """
    found: dict[str, date] = {}
    if not store.workspace.identity.is_file():
        return found
    for uid, original in identity_store(store).known(study_uids).items():
        try:
            found[uid] = date.fromisoformat(original.get("StudyDate", ""))
        except ValueError:  # the source stated none
            continue
    return found
