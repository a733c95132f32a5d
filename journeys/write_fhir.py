"""What a version said of a study as a FHIR bundle, for a hospital that takes results as files."""

import hashlib
from datetime import datetime
from pathlib import Path

from sqlmodel import col, select

from imaging.results.fhir import Release, fhir_bundle
from imaging.results.statement import statement_of
from journeys.tell import record_export
from records.cases import Prediction, Study
from records.errors import InvalidInput, NotFound, Refused
from records.held_results import held_by
from records.lookup import find_record
from records.product import ModelVersion
from records.store import Store


def write_fhir(
    store: Store, label: str, path: Path, *, release: Release, actor: str, now: datetime
) -> Prediction:
    """Write the reading that was returned to care, else the newest of a released version; under the
    pseudonyms. The export is an event with the SHA-256 of the file.

    Raises:
        NotFound: No released version has read the study.
        Refused: Use of the device was suspended at the site when it was read, or has been since.
        InvalidInput: There is a file of that name.
        NotAllowed: Who exports has no role that may.
    """
    if path.exists():
        raise InvalidInput(f"{path} is there already.", hint="Name a file that is not there.")
    with store.reader() as reader:
        study = find_record(reader, Study, label)
        query = (
            select(Prediction)
            .join(ModelVersion, col(ModelVersion.id) == Prediction.model_version_id)
            .where(
                Prediction.study_id == study.id,
                col(ModelVersion.status).in_(("released", "retired")),
            )
            .order_by(col(Prediction.returned_to_care).desc(), col(Prediction.id).desc())
        )
        said = reader.exec(query).first()
        if said is None:
            raise NotFound(
                f"No released version has read {study.label}.",
                hint="'radvigil study explain' tells what became of it; results of another "
                "maker's product are returned by that product.",
            )
        if held := held_by(reader, [said.id or 0]):
            raise Refused(f"{said.label} of {study.label} is not returned: {held[said.id or 0]}.")
        content = fhir_bundle(
            statement_of(reader, said), study=study.study_uid, patient=study.patient,
            record=said.label, release=release,
        )
    digest = hashlib.sha256(content).hexdigest()
    record_export(store, said.subject, {path.name: digest}, actor=actor, now=now)
    part = path.with_name(path.name + ".part")
    part.write_bytes(content)
    part.replace(path)
    return said
