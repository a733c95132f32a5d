"""A test is no test with images that a feeding device learnt from: at the freeze, and after it."""

import pytest

from imaging.dataset_checks.elsewhere import IN_TESTS
from imaging.origin import Origin
from journeys.freeze_dataset import freeze_dataset
from journeys.keep_tests_apart import require_tests_apart
from records.base import digest_of
from records.cases import GateResult
from records.dataset_rules import FedBy
from records.definition import find_definition, load_definition
from records.errors import Refused
from records.lookup import list_records
from records.product import DatasetVersion, Device
from records.store import Store
from tests.journeys.tiny_images import NOW, image, register, take_in

DECLARED = load_definition(find_definition("chest-radiograph-pneumonia"))
ORIGIN = Origin("tests", "none needed: made for a test", "none needed: nobody was examined")
LUNGS = "lung-fields"


def revise(store: Store, name: str, revision: int, fed_by: FedBy | None) -> None:
    content = DECLARED.model_copy(update={"fed_by": fed_by}).model_dump(mode="json")
    with store.transaction("setup", now=NOW) as tx:
        tx.add(Device(
            name=name, revision=revision, trade_name=name, definition=content,
            definition_digest=digest_of(content), defined_at=NOW,
        ))  # fmt: skip


def freeze(store: Store, device: str, seed: int) -> DatasetVersion:
    return freeze_dataset(
        store, device, seed=seed, origin=ORIGIN, actor="service:training", now=NOW
    )


def outcome(dataset: DatasetVersion, rule: str) -> dict:
    [found] = [one for one in dataset.datasheet["checks"]["outcomes"] if one["rule"] == rule]
    return found


@pytest.mark.proof  # four datasets are frozen
def test_shared_images_are_a_limitation_and_refuse_where_one_device_feeds_the_other(
    store: Store,
) -> None:
    register(store, DECLARED)
    take_in(store, [image(number) for number in range(300)])
    revise(store, LUNGS, 1, None)
    trained = freeze(store, LUNGS, 3)
    # of a device that feeds nothing here the images are told of
    told = freeze(store, "d", 4)
    found = outcome(told, IN_TESTS)
    assert (found["subject"], found["state"]) == (LUNGS, "limitation")
    assert found["count"] > 0
    assert any(f"in the training of {LUNGS}" in one for one in
               told.datasheet["checks"]["limitations"])  # fmt: skip

    revise(store, "d", 2, FedBy(devices=(LUNGS,)))
    with pytest.raises(Refused, match=f"training of a device in tests \\({LUNGS}\\)"):
        freeze(store, "d", 5)
    # a dataset that was frozen before the declaration is no test any more
    fed = DECLARED.model_copy(update={"fed_by": FedBy(devices=(LUNGS,))})
    with pytest.raises(Refused, match=f"{told.label} is no test: .* Recorded as GTE-"):
        require_tests_apart(store, told, fed, actor="service:evaluation", now=NOW)
    with store.reader() as reader:
        kept = list_records(reader, GateResult)[-1]
    assert (kept.passed, kept.scope) == (False, f"tests of dataset {told.vault_path}")
    assert kept.expectations[0]["unexpected_count"] == found["count"]
    warned = fed.model_copy(update={"fed_by": FedBy(devices=(LUNGS,), training_in_tests="warn")})
    require_tests_apart(store, told, warned, actor="service:evaluation", now=NOW)
    # and the feeding device is not trained on images of those tests either
    with pytest.raises(Refused, match=r"tests of a device in training \(d\)"):
        freeze(store, LUNGS, 6)
    assert trained.label == "DSV-0001"


def test_a_device_that_nothing_feeds_is_held_against_nobody(store: Store) -> None:
    dataset = DatasetVersion(device_id=1, name="x", manifest_digest="", content_digest="")
    require_tests_apart(store, dataset, DECLARED, actor="service:evaluation", now=NOW)
    with store.reader() as reader:
        assert list_records(reader, GateResult) == []


def test_a_definition_that_nothing_feeds_keeps_its_digest() -> None:
    assert "fed_by" not in DECLARED.model_dump(mode="json")
    assert FedBy(devices=(LUNGS,)).training_in_tests == "refuse"
