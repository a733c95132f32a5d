"""What a validation report says of the truth and of the parts of the data that were kept apart."""

from typing import Any

from sqlmodel import Session

from imaging.patients_apart import patients_now
from models.tasks import TASKS
from records.cases import COURSE
from regulatory.documents.validation_facts import Overlap, PartitionFacts, ReferenceFacts
from regulatory.gathering.edition import Basis
from regulatory.gathering.phrases import listed
from regulatory.gathering.validation_data import Collected

UNREAD = "the event and its day come from follow-up, and nobody reads them off an image"


def reference_facts(data: Collected, basis: Basis) -> ReferenceFacts:
    """How the truth was established, as far as the truths themselves say.

    Nobody could see an output of the device while no version of it existed: truths received
    before the first model was trained count as blinded.
    """
    task = basis.definition.task
    readers = {len(one.reader.split("+")) if one.reader else 0 for one in data.truths}
    sources = sorted({one.source for one in data.truths})
    first = data.first_model_at
    blind = bool(data.truths) and first is not None and all(
        one.received_at < first for one in data.truths
    )
    return ReferenceFacts(
        definition=f"{task.finding}: {task.definition}",
        source=str(data.dataset.datasheet.get("reference_standard", "")) or listed(sources),
        readers=readers.pop() if len(readers) == 1 and 0 not in readers else None,
        blinded=True if blind else None,
        adjudication=f"recorded for every truth as: {listed(sources)}" if sources else "",
        record=data.dataset.label,
        unread=UNREAD if COURSE in TASKS[task.kind].truth_forms else "",
    )


def partition_facts(
    session: Session, data: Collected, basis: Basis, *, attempts: list[int]
) -> PartitionFacts:
    """How the parts were made, that no patient is in two, and how often the tests were used.

    Whether a patient is in two is said twice, by the patients known at the freeze and by those
    known now: two of them may have been merged since.

    Raises:
        IntegrityBroken: The manifest of the dataset is not what was frozen.
    """
    version = data.dataset
    sheet, splits = version.datasheet, version.splits
    outside = sorted(splits.get("external_test", {}).get("sites", {}))
    inside = {site for name, one in splits.items() if name != "external_test"
              for site in one["sites"]}  # fmt: skip
    alone = bool(outside) and not inside & set(outside)
    shared = sheet.get("patient_overlap")
    made: dict[str, Any] = sheet.get("partition", {})
    now = patients_now(session, basis.vault, version) if basis.vault is not None else None
    overlaps = [] if shared is None else [Overlap("any part", "any other part", int(shared))]
    if now is not None:
        overlaps += [
            Overlap(one.first, one.second, one.patients, "now", one.studies) for one in now.shared
        ] or [Overlap("any part", "any other part", 0, "now")]
    return PartitionFacts(
        unit="patient" if shared is not None else "", method=str(made.get("method", "")),
        seed=made.get("seed"),
        overlaps=tuple(overlaps), moved=None if now is None else now.moved,
        earlier_uses=max(attempts) - 1 if attempts else None, record=version.label,
        external=f"{listed(outside)}, in no other part of the data" if alone else listed(outside),
    )
