"""Train a candidate from a frozen dataset, and record it as an immutable model version."""

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlmodel import select

from journeys.keep_encoder import require_encoder_apart
from records.base import digest_of
from records.errors import NotFound
from records.frozen_files import frozen_folder
from records.held_definition import definition_of
from records.product import DatasetVersion, ModelVersion
from records.queries import find_device, newest_dataset
from records.settings import current_settings
from records.store import Store
from records.vault import Frozen, Vault
from records.versions import container_image, register_version


def retrain(
    store: Store,
    device_name: str,
    *,
    seed: int,
    actor: str,
    now: datetime,
    report: Callable[[str], None] | None = None,
    dataset: DatasetVersion | None = None,
    epoch: Callable[[dict[str, float]], None] | None = None,
) -> ModelVersion:
    """Reproduce the training pipeline on a dataset version, by default the newest one, and record
    the candidate.

    The same data, parameters, seed and code give the version that is recorded already. report and
    epoch: as :func:`models.training.run_training`.

    Raises:
        Refused: The exported model, which serves, does not answer as the trained network; or the
            encoder that it would begin with learnt from what the dataset holds out.
    """
    from models.artefacts import MODEL, read_json
    from models.equivalence import require_equivalence
    from models.params import OperatingRule, TaskParams, load_params
    from models.training import TrainingOrder, params_file, run_training
    from models.training_cost import COST

    vault = Vault(store.workspace.vault)
    with store.reader() as reader:
        device = find_device(reader, device_name)
        dataset = dataset or newest_dataset(reader, device)
    if dataset is None or dataset.id is None or device.id is None:
        raise NotFound(
            f"There is no dataset version of {device_name}.", hint="Freeze one first."
        )
    definition = definition_of(device)
    rule = definition.operating_point
    order = TrainingOrder(
        name=device_name, dataset_folder=frozen_folder(vault, dataset), seed=seed,
        operating_point=OperatingRule(rule=rule.rule, target=rule.target),
        task=TaskParams(
            kind=definition.task.kind, classes=definition.task.classes,
            urgency=definition.task.weights, facts=definition.task.fact_columns,
            horizon_days=definition.task.horizon_days, radiomics=definition.task.radiomics,
        ),
    )
    encoder = load_params(params_file(order.sources, order.name)).fit.encoder
    if encoder:
        require_encoder_apart(vault, dataset, encoder)
    outcome = run_training(vault.folder, order, report=report, epoch=epoch)
    model = read_json(outcome.model_folder / MODEL)
    digest = digest_of(model)
    with store.reader() as reader:
        known = reader.exec(
            select(ModelVersion).where(
                ModelVersion.device_id == device.id, ModelVersion.version_digest == digest
            )
        ).first()
    if known is not None and known.weights_hash == outcome.weights_hash:
        return known
    equivalence = require_equivalence(outcome.model_folder, str(model["onnx_digest"]))
    name = f"{device_name}-{outcome.weights_hash[:8]}"
    frozen = freeze_model(vault, outcome.model_folder, f"{name}-{digest[:8]}")
    with store.transaction(actor, "train a candidate", now=now) as tx:
        made = ModelVersion(
            device_id=device.id, dataset_version_id=dataset.id, name=name, version_digest=digest,
            weights_hash=outcome.weights_hash, architecture=str(model["architecture"]),
            model=_stated(model) | {
                "container": container_image(current_settings().image_digest),
                "equivalence": equivalence,
                "training_cost": read_json(outcome.model_folder / COST),
            },
            operating_point=float(model["operating_point"]),
            params=load_params(outcome.folder / "params.yaml").to_mapping(),
            dvc_lock_digest=outcome.lock_digest, code_digest=outcome.code_digest,
            commit=outcome.git_commit, vault_path=frozen.path, files=frozen.files,
            trained_at=now,
        )
        return register_version(tx, made)


def freeze_model(vault: Vault, folder: Path, name: str) -> Frozen:
    """A copy of a finished model folder in controlled storage, under the version's name."""
    with vault.work() as work:
        copy = work / "model"
        shutil.copytree(folder, copy)
        return vault.freeze(copy, f"models/{name}", message=f"Freeze model {name}")


def _stated(model: dict[str, Any]) -> dict[str, Any]:
    """model.json without the parameters, which have a column of their own."""
    return {key: value for key, value in model.items() if key != "params"}
