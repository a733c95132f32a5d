"""Take in a model that was trained elsewhere: looked through, scored, recorded as a candidate.

From then on it is a version like any other: evaluated, proposed, signed, released and watched.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlmodel import select

from journeys.retrain import freeze_model
from records.base import digest_of
from records.definition import DeviceDefinition
from records.errors import InvalidInput, NotFound, Refused
from records.frozen_files import frozen_folder
from records.held_definition import definition_of
from records.people import find_actor
from records.permissions import Action, require
from records.product import ModelVersion
from records.queries import find_device, newest_dataset
from records.settings import current_settings
from records.store import Store
from records.vault import Vault
from records.versions import container_image, register_version

NOT_MADE_HERE = ""
"""In place of the code, the commit and the lock file of a training that did not happen here."""


@dataclass(frozen=True, slots=True)
class RegistrationOrder:
    """The file, the maker's declaration, and how its output is read.

    operating_point: a probability; slope, intercept: calibration of the logit, 1 and 0 for none.

    Raises InvalidInput for an operating point that is no probability, or a slope not above 0.
    """

    onnx: Path
    declaration: Path
    operating_point: float
    slope: float = 1.0
    intercept: float = 0.0
    processes: int = 1

    def __post_init__(self) -> None:
        if not 0 < self.operating_point < 1:
            raise InvalidInput(
                f"The operating point is {self.operating_point:g}.",
                hint="It is a probability, above 0 and below 1.",
            )
        if not 0 < self.slope < float("inf") or abs(self.intercept) == float("inf"):
            raise InvalidInput("The calibration's slope is above 0, and both numbers are finite.")


def register_model(
    store: Store,
    device_name: str,
    order: RegistrationOrder,
    *,
    reason: str,
    actor: str,
    now: datetime,
    report: Callable[[str], None],
) -> ModelVersion:
    """Record the model as a candidate of the device, scored on its newest dataset version.

    The same file, declaration, calibration and operating point give the version that is recorded
    already; anything else in them gives another version, with an evaluation of its own.

    Raises:
        InvalidInput: The file or the declaration is wrong; which field, and what to do. Or the
            device outlines a structure or marks lesions, which a model made elsewhere is not taken
            in for yet.
        NotFound: The device has no dataset version to be tested on.
        NotAllowed: The person may not.
        Refused: The device tells several classes apart.
    """
    from models.artefacts import MODEL, read_json
    from models.declaration import read_declaration
    from models.onnx_file import read_onnx
    from models.registered import Registered, make_model_folder
    from models.tasks import Calibration

    with store.reader() as reader:
        require(find_actor(reader, actor), Action.TRAIN)
        device = find_device(reader, device_name)
        dataset = newest_dataset(reader, device)
    task = definition_of(device).task.kind
    _require_one_number(definition_of(device))
    if dataset is None or dataset.id is None or device.id is None:
        raise NotFound(
            f"There is no dataset version of {device_name} to test the model on.",
            hint="Take studies with known truth in, and freeze one: radvigil dataset freeze.",
        )
    declaration = read_declaration(order.declaration)
    facts = read_onnx(order.onnx, declaration)
    report(
        f"{order.onnx.name}: {facts.parameters} parameters, {facts.precision}, SHA-256 "
        f"{facts.digest}"
    )
    fitted = Calibration(order.slope, order.intercept, order.operating_point)
    vault = Vault(store.workspace.vault)
    with vault.work() as work:
        folder = make_model_folder(
            Registered(facts, declaration, fitted, task), frozen_folder(vault, dataset), work,
            processes=order.processes,
        )
        model = read_json(folder / MODEL)
        digest = digest_of(model)
        with store.reader() as reader:
            known = reader.exec(
                select(ModelVersion).where(
                    ModelVersion.device_id == device.id, ModelVersion.version_digest == digest
                )
            ).first()
        if known is not None:
            return known
        report(f"scored on {dataset.label}")
        name = f"{device_name}-{facts.digest[:8]}-{digest[:8]}"
        frozen = freeze_model(vault, folder, name)
    with store.transaction(actor, reason, now=now) as tx:
        require(find_actor(tx, actor), Action.TRAIN)
        made = ModelVersion(
            device_id=device.id, dataset_version_id=dataset.id, name=name, version_digest=digest,
            weights_hash=facts.digest, architecture=str(model["architecture"]),
            model=_stated(model), operating_point=order.operating_point, params={},
            dvc_lock_digest=NOT_MADE_HERE, code_digest=NOT_MADE_HERE, commit=NOT_MADE_HERE,
            vault_path=frozen.path, files=frozen.files, trained_at=now,
        )
        return register_version(tx, made)


def _require_one_number(definition: DeviceDefinition) -> None:
    """A model made elsewhere is read as one number a picture."""
    if definition.task.classes:
        raise Refused(
            f"{definition.name} tells several classes apart, and models made elsewhere are taken "
            "in for one finding only.",
            hint="Register the model for a device whose task is classification of one finding.",
        )
    said = {
        "segmentation": "outlines a structure", "lesion_segmentation": "reads a volume",
        "detection": "marks lesions",
        "enhancement": "gives a picture back", "prognosis": "takes in clinical facts",
        "radiomics": "reads an outlined region",
    }
    if definition.task.kind in said:
        raise InvalidInput(
            f"{definition.name} {said[definition.task.kind]}, and a model made elsewhere is read "
            "as one number a picture.",
            hint="Train its model here: radvigil model train.",
        )


def _stated(model: dict[str, Any]) -> dict[str, Any]:
    return model | {"container": container_image(current_settings().image_digest)}
