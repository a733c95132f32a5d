"""Three versions with frozen answers on two datasets, beside what pages are tested on."""

import pyarrow as pa
import pyarrow.parquet as pq

from records.cases import Instance, Study
from records.product import DatasetVersion, ModelVersion
from records.store import Store
from records.vault import Vault, file_digests
from tests.dashboards.small_workspace import SITES, TODAY
from tests.imaging.conftest import radiograph, written
from tests.imaging.test_dataset_diff import packed

INTERNAL, EXTERNAL = 16, 8
MISSED: dict[str, set[int]] = {"MDV-0002": {1, 3}, "MDV-0003": {3}, "MDV-0004": set()}
"""Of studies with the finding (odd numbers), those of which a version says that they have none."""
ALARMS: dict[str, set[int]] = {"MDV-0002": {2}, "MDV-0003": {2, 4, 18}, "MDV-0004": set()}


def freeze_versions(store: Store) -> None:
    """DSV-0002 of 24 studies with MDV-0002 and MDV-0003; DSV-0003, in which one label is other and
    one study gone, with MDV-0004."""
    vault = Vault(store.workspace.vault)
    digest = vault.put(written(radiograph()))
    numbers = range(1, INTERNAL + EXTERNAL + 1)
    with store.transaction("setup", "studies", now=TODAY) as tx:
        tx.add_all([_study(number) for number in numbers])
        tx.flush()
        tx.add_all([_image(number, digest) for number in numbers])
    rows = [
        {"instance_uid": f"2.25.9{n}", "study_uid": f"2.25.{n}", "patient": f"P{n:016d}",
         "site": SITES[n > INTERNAL], "finding": n % 2, "age_years": 50.0, "sex": "F",
         "split": "internal_test" if n <= INTERNAL else "external_test", "view": "PA",
         "manufacturer": "M", "digest": digest, "record": f"INS-{n:04d}"}
        for n in numbers
    ]  # fmt: skip
    later = [row | ({"finding": 1} if at == 1 else {}) for at, row in enumerate(rows[:-1])]
    made = [packed(vault, name, own, TODAY) for name, own in (("2", rows), ("3", later))]
    with store.transaction("service:training", "freeze", now=TODAY) as tx:
        tx.add_all([DatasetVersion(**one.model_dump()) for one in made])
        tx.flush()
        for label in MISSED:
            of_later = label == "MDV-0004"
            tx.add(_version(store, label, later if of_later else rows, 2 + of_later))


def _study(number: int) -> Study:
    return Study(
        study_uid=f"2.25.{number}", patient=f"P{number:016d}", site_id=1 + (number > INTERNAL),
        purpose="development", arrived_on=TODAY.date(), received_at=TODAY, modality="DX",
        body_part="CHEST", view="PA", age_years=50.0, sex="F", manufacturer="M", model_name="DX-1",
        rows=160, columns=160, assigned=[],
    )  # fmt: skip


def _image(number: int, digest: str) -> Instance:
    return Instance(
        study_id=number, instance_uid=f"2.25.9{number}", digest=digest,
        source_digest=f"{number:064x}", deidentification={"verdict": "clean"}, brightness=0.5,
        contrast=0.2, sharpness=0.1, noise=0.01, entropy=5.0, saturation=0.0,
    )  # fmt: skip


def _version(
    store: Store, label: str, rows: list[dict[str, object]], dataset: int
) -> ModelVersion:
    folder = store.workspace.vault / "models" / label
    folder.mkdir(parents=True)
    answers = []
    for at, row in enumerate(rows, start=1):
        yes = at in ALARMS[label] if at % 2 == 0 else at not in MISSED[label]
        answers.append({
            "instance_uid": row["instance_uid"], "study_uid": row["study_uid"],
            "score": (0.6 if yes else 0.1) + at / 100, "decision": yes,
            "out_of_distribution": 0.1,
        })  # fmt: skip
    pq.write_table(pa.Table.from_pylist(answers), folder / "predictions.parquet")
    return ModelVersion(
        device_id=1, dataset_version_id=dataset, name=f"chest-{label}", version_digest=label * 8,
        weights_hash="3f" * 32, architecture="small_resnet", model={}, operating_point=0.5,
        params={}, dvc_lock_digest="3" * 64, code_digest="4" * 64, commit="5" * 40,
        vault_path=f"models/{label}", files=file_digests(folder), trained_at=TODAY,
    )  # fmt: skip
