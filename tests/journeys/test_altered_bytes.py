"""One flipped byte of any kind of artefact: it is not loaded, and its record is named."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sqlalchemy import text

from imaging.shards import pack_images
from journeys.release import scored_rows
from journeys.tell import export_document
from records.base import digest_of
from records.cases import Instance, Quarantine, Study
from records.errors import IntegrityBroken
from records.frozen_files import frozen_folder
from records.held_definition import definition_of
from records.product import DatasetVersion, Device, ModelVersion, Site
from records.quality import Document
from records.settings import Workspace
from records.store import Store, open_store
from records.surveillance import DriftReport
from records.vault import Vault
from records.vault_check import verify_bytes

NOW = datetime(2026, 1, 5, 8, tzinfo=UTC)
PICTURE = b"<svg>a picture of a document</svg>"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A workspace with one artefact of each kind."""
    workspace = Workspace(tmp_path_factory.mktemp("kept") / "workspace").create()
    store = open_store(workspace, url="")
    vault = Vault(workspace.vault)
    with vault.work() as work:
        (work / "data").mkdir()
        (work / "data/shard-0000.tar").write_bytes(b"images " * 100)
        facts = {"instance_uid": ["1"], "study_uid": ["1"], "finding": [1], "site": ["north"]}
        pq.write_table(pa.table(facts), work / "data/manifest.parquet")
        data = vault.freeze(work / "data", "datasets/d", message="d")
        (work / "model").mkdir()
        (work / "model/weights.pt").write_bytes(b"weights " * 100)
        scores = {"instance_uid": ["1"], "study_uid": ["1"], "score": [0.5]}
        pq.write_table(pa.table(scores), work / "model/predictions.parquet")
        model = vault.freeze(work / "model", "models/m", message="m")
    frozen = (data.path, data.files, model.path, model.files)
    with store.transaction("setup", now=NOW) as tx:
        tx.add(Site(name="north", registered_at=NOW))
        device = Device(
            name="d", revision=1, trade_name="D", definition={"name": "d"},
            definition_digest=digest_of({"name": "d"}), defined_at=NOW,
        )
        tx.add(device)
        tx.flush()
        tx.add(Study(study_uid="1", patient="P", site_id=1, purpose="clinical",
                     arrived_on=date(2026, 1, 5), received_at=NOW, rows=1, columns=1))  # fmt: skip
        tx.flush()
        for one in (*versions(*frozen), *named(vault, workspace.quarantine)):
            tx.add(one)
            tx.flush()
    yield store
    store.close()


def versions(
    data: str, data_files: dict[str, str], model: str, model_files: dict[str, str]
) -> list[DatasetVersion | ModelVersion]:
    return [
        DatasetVersion(
            device_id=1, name="d", manifest_digest="0", content_digest="0", vault_path=data,
            files=data_files, commit="0", studies=1, patients=1, splits={}, datasheet={},
            frozen_at=NOW,
        ),
        ModelVersion(
            device_id=1, dataset_version_id=1, name="m", version_digest="0", weights_hash="0",
            architecture="residual", model={}, operating_point=0.5, params={},
            dvc_lock_digest="0", code_digest="0", commit="0", vault_path=model,
            files=model_files, trained_at=NOW,
        ),
    ]


def named(vault: Vault, quarantine: Path) -> list[Instance | Document | DriftReport | Quarantine]:
    written = json.dumps({"svg": f"sha256:{vault.put(PICTURE)}"}).encode()
    refused = digest_of("a refused file")
    (quarantine / refused).write_text('"a refused file"')
    return [
        Instance(
            study_id=1, instance_uid="1", digest=vault.put(b"an image"), source_digest="1",
            deidentification={}, brightness=0, contrast=0, sharpness=0, noise=0, entropy=0,
            saturation=0,
        ),
        Document(
            device_id=1, kind="change_log", number="CL-1", version=1, title="Changes",
            freeze_at=NOW, freeze_sequence=1, facts_digest="0", template_digest="0",
            draft_json_digest=vault.put(written), pdf_digest=vault.put(b"%PDF"), compiled_at=NOW,
        ),
        Quarantine(
            source_digest=refused, site_id=1, reason="not_dicom", size_bytes=16,
            arrived_on=date(2026, 1, 5), received_at=NOW,
        ),
    ]


def load_image(store: Store) -> None:
    with store.reader() as reader:
        image = reader.get_one(Instance, 1)
    rows = [{"digest": image.digest, "record": image.label}]
    with Vault(store.workspace.vault).work() as work:
        pack_images(Vault(store.workspace.vault), rows, work)


def load_dataset(store: Store) -> None:
    """As training does."""
    with store.reader() as reader:
        frozen_folder(Vault(store.workspace.vault), reader.get_one(DatasetVersion, 1))


def load_model(store: Store) -> None:
    """As surveillance does."""
    with store.reader() as reader:
        frozen_folder(Vault(store.workspace.vault), reader.get_one(ModelVersion, 1))


def load_evaluation(store: Store) -> None:
    with store.reader() as reader:
        version, data = reader.get_one(ModelVersion, 1), reader.get_one(DatasetVersion, 1)
    scored_rows(Vault(store.workspace.vault), version, data)


def load_document(store: Store) -> None:
    with store.reader() as reader:
        document = reader.get_one(Document, 1)
    export_document(store, document, store.workspace.exports, actor="service:export", now=NOW)


def place_of(store: Store, kind: str) -> Path:
    """The file in which a byte of this kind of artefact lies."""
    vault = Vault(store.workspace.vault)
    with store.reader() as reader:
        image, document = reader.get_one(Instance, 1), reader.get_one(Document, 1)
        refused = reader.get_one(Quarantine, 1)
    written = vault.path_of(document.draft_json_digest)
    return {
        "instance": vault.path_of(image.digest),
        "dataset shard": vault.folder / "datasets/d/shard-0000.tar",
        "manifest": vault.folder / "datasets/d/manifest.parquet",
        "model weights": vault.folder / "models/m/weights.pt",
        "evaluation table": vault.folder / "models/m/predictions.parquet",
        "document PDF": vault.path_of(document.pdf_digest),
        "document JSON": written,
        "document picture": vault.path_of(json.loads(written.read_bytes())["svg"][7:]),
        "quarantine": store.workspace.quarantine / refused.source_digest,
    }[kind]


LOADS: list[tuple[str, str, Callable[[Store], None] | None]] = [
    ("instance", "INS-0001", load_image),
    ("dataset shard", "DSV-0001", load_dataset),
    ("manifest", "DSV-0001", load_evaluation),
    ("model weights", "MDV-0001", load_model),
    ("evaluation table", "MDV-0001", load_evaluation),
    ("document PDF", "DOC-0001", load_document),
    ("document JSON", "DOC-0001", load_document),
    ("document picture", "DOC-0001", None),
    ("quarantine", "QUA-0001", None),
]
"""Kind of artefact, the record it belongs to, and what loads it; None where only people do."""


@pytest.mark.requirement("R-P11-10a", "REG-045", "REG-046")
@pytest.mark.parametrize(("kind", "label", "load"), LOADS, ids=[one[0] for one in LOADS])
def test_a_flipped_byte_is_refused_with_the_name_of_its_record(
    kept: Store, kind: str, label: str, load: Callable[[Store], None] | None
) -> None:
    path = place_of(kept, kind)
    content = path.read_bytes()
    path.unlink()  # in the vault's cache it may be the same file
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    try:
        if load is not None:
            with pytest.raises(IntegrityBroken, match=f"{label}.*altered"):
                load(kept)
        with kept.reader() as reader:
            findings = verify_bytes(reader, kept)[1]
        assert [one.split(":")[0].split(" ")[0] for one in findings] == [label]
    finally:
        path.unlink()
        path.write_bytes(content)


@pytest.mark.requirement("R-P11-10a")
def test_an_altered_definition_is_refused_with_the_name_of_its_revision(kept: Store) -> None:
    statement = "UPDATE device SET definition = '{\"name\":\"%s\"}' WHERE id = 1"
    with kept.engine.begin() as connection:
        connection.execute(text(statement % "e"))
    with kept.reader() as reader, pytest.raises(IntegrityBroken, match="definition of DEV-0001"):
        definition_of(reader.get_one(Device, 1))
    with kept.engine.begin() as connection:
        connection.execute(text(statement % "d"))


def test_whole_artefacts_are_loaded(kept: Store) -> None:
    for load in (load_image, load_dataset, load_model, load_evaluation):
        load(kept)
    with kept.reader() as reader:
        assert verify_bytes(reader, kept) == (7, [])
