"""Whether the patients of a frozen dataset still stand in one part each, by who is who now.

A dataset is split by the patients that are known when it is frozen. A merge (HL7 A40), or a
sender's correction, may say later that two of them are one person, who then stands on both sides.
"""

from collections import defaultdict
from dataclasses import dataclass
from itertools import combinations

from sqlmodel import Session, col, select

from imaging.dataset_diff import read_manifest
from imaging.datasets import SPLITS, patient_overlap
from records.cases import Study
from records.counting import counted
from records.product import DatasetVersion
from records.study_corrections import StudyCorrection
from records.vault import Vault


@dataclass(frozen=True, slots=True)
class SharedBetween:
    """Two parts of a dataset that hold studies of the same persons.

    first, second: parts, such as 'train' and 'internal_test'; patients: how many stand in both;
    studies: labels of their studies in the two parts.
    """

    first: str
    second: str
    patients: int
    studies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PatientsNow:
    """The patients of a dataset as they are known now.

    moved: studies of the dataset that are of another patient than at its freeze. at_freeze,
    patients: how many patients stand in more than one part, as they were known at the freeze and
    as they are known now. shared: each pair of parts with a patient in both now.
    """

    dataset: str
    moved: int
    at_freeze: int
    patients: int
    shared: tuple[SharedBetween, ...]

    @property
    def studies(self) -> tuple[str, ...]:
        """Labels of the studies of patients that stand in more than one part, each once."""
        return tuple(sorted({label for one in self.shared for label in one.studies}))

    @property
    def warning(self) -> str:
        """What a person must know before figures on this dataset are believed; '' where nothing."""
        if not self.patients:
            return ""
        pairs = ", ".join(
            f"{one.first.replace('_', ' ')} and {one.second.replace('_', ' ')}: {one.patients}"
            for one in self.shared
        )
        stand = "stands" if self.patients == 1 else "stand"
        studies = counted(len(self.studies), "study", "studies")
        return (
            f"{self.dataset}: {counted(self.patients, 'patient')} {stand} in more than one part, "
            f"as patients are known now ({pairs}; {studies}); "
            f"at its freeze: {self.at_freeze}. Freeze a dataset anew, and train and test on that."
        )


def patients_now(session: Session, vault: Vault, dataset: DatasetVersion) -> PatientsNow:
    """Count the patients that stand in more than one part, by the merges and corrections on record.

    The manifest is read only where a study was ever moved to another patient, or where the dataset
    was frozen with a patient in several parts.

    Raises:
        IntegrityBroken: The manifest is missing, or is not the one that was frozen.
    """
    query = (
        select(Study.study_uid, Study.patient)
        .join(StudyCorrection, col(StudyCorrection.study_id) == col(Study.id))
        .where(col(StudyCorrection.patient_before) != col(StudyCorrection.patient_after))
        .distinct()
    )
    corrected = dict(session.exec(query).all())
    if not corrected:
        known = int(dataset.datasheet.get("patient_overlap", 0))
        if not known:
            return PatientsNow(dataset.label, 0, 0, 0, ())
    rows = {
        row["study_uid"]: (row["patient"], row["split"])
        for row in read_manifest(vault, dataset, "study_uid", "patient", "split")
    }
    moved = sum(corrected.get(uid, patient) != patient for uid, (patient, _) in rows.items())
    parts: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for uid, (patient, split) in rows.items():
        parts[corrected.get(uid, patient)][split].append(uid)
    several = {who: found for who, found in parts.items() if len(found) > 1}
    labels = _labels(session, [uid for found in several.values()
                               for uids in found.values() for uid in uids])  # fmt: skip
    shared = []
    for first, second in combinations(SPLITS, 2):
        both = [found for found in several.values() if first in found and second in found]
        if both:
            uids = [uid for found in both for split in (first, second) for uid in found[split]]
            shared.append(
                SharedBetween(first, second, len(both), tuple(sorted(labels[uid] for uid in uids)))
            )
    then = patient_overlap(
        [{"patient": patient, "split": split} for patient, split in rows.values()]
    )
    return PatientsNow(dataset.label, moved, then, len(several), tuple(shared))


def _labels(session: Session, uids: list[str]) -> dict[str, str]:
    query = select(Study.study_uid, Study.id).where(col(Study.study_uid).in_(uids))
    return {uid: Study.label_of(number or 0) for uid, number in session.exec(query)}
