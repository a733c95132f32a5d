"""A model version is registered once; the same name or digest never stands for something else."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from records.audit import ACT_REFUSED
from records.errors import InvalidInput, Refused
from records.lookup import find_events, list_records
from records.product import DatasetVersion, Device, ModelVersion
from records.store import Store
from records.versions import NO_CONTAINER, UNTOLD, container_image, register_version

GIVEN: dict[str, Any] = {
    "device_id": 1, "dataset_version_id": 1, "name": "chest-1f1f1f1f", "version_digest": "1f" * 32,
    "weights_hash": "2e" * 32, "architecture": "small_resnet", "model": {"container": NO_CONTAINER},
    "operating_point": 0.4321, "params": {"seed": 7}, "dvc_lock_digest": "3" * 64,
    "code_digest": "4" * 64, "commit": "5" * 40, "vault_path": "models/chest",
    "files": {"weights.safetensors": "6" * 64},
}  # fmt: skip


@pytest.fixture
def registered(store: Store, now: datetime) -> Store:
    with store.transaction("service:training", "train", now=now) as tx:
        tx.add(Device(name="chest", revision=1, trade_name="C", definition={},
                      definition_digest="d", defined_at=now))  # fmt: skip
        tx.flush()
        tx.add(DatasetVersion(device_id=1, name="d", manifest_digest="a" * 64, content_digest="b",
                              vault_path="datasets/d", commit="c", studies=1, patients=1,
                              splits={}, datasheet={}, frozen_at=now))  # fmt: skip
        tx.flush()
        register_version(tx, ModelVersion(**GIVEN, trained_at=now))
    return store


@pytest.mark.requirement("REG-045")
@pytest.mark.parametrize(
    ("field", "value"),
    [("weights_hash", "0" * 64), ("version_digest", "0" * 64), ("params", {"seed": 8}),
     ("operating_point", 0.5), ("dvc_lock_digest", "0" * 64), ("code_digest", "0" * 64),
     ("files", {"weights.safetensors": "0" * 64}), ("model", {"container": UNTOLD}),
     ("dataset_version_id", 2)],
)  # fmt: skip
def test_the_same_version_with_another_hash_is_refused_and_on_record(
    registered: Store, now: datetime, field: str, value: object
) -> None:
    with pytest.raises(Refused, match=rf"MDV-0001 .* other content \({field}\)"):
        with registered.transaction("service:training", "train again", now=now) as tx:
            register_version(tx, ModelVersion(**{**GIVEN, field: value}, trained_at=now))
    with registered.reader() as reader:
        assert len(list_records(reader, ModelVersion)) == 1
        assert "other content" in find_events(reader, action=ACT_REFUSED)[0].new


@pytest.mark.requirement("REG-045")
def test_the_same_version_trained_again_is_the_one_that_is_recorded(
    registered: Store, now: datetime
) -> None:
    with registered.transaction("service:training", "train again", now=now) as tx:
        again = {**GIVEN, "commit": "9" * 40, "vault_path": "models/elsewhere"}
        assert register_version(tx, ModelVersion(**again, trained_at=now)).id == 1


@pytest.mark.requirement("REG-045")
def test_the_image_of_a_container_is_told_or_it_is_said_that_there_is_none(tmp_path: Path) -> None:
    digest = "sha256:" + "a" * 64
    mark = tmp_path / ".dockerenv"
    assert container_image(digest) == digest
    assert container_image("", marks=(mark,)) == NO_CONTAINER
    mark.touch()
    assert container_image("", marks=(mark,)) == UNTOLD
    with pytest.raises(InvalidInput, match="RADVIGIL_IMAGE_DIGEST is 'latest', which is no digest"):
        container_image("latest")
