"""Two versions on the same studies of the locked tests, and the studies in which one fails."""

from unittest.mock import patch

import pytest

from journeys import failure_gallery as gallery
from journeys import study_pictures as pictures
from journeys.compare_pair import compare_pair
from journeys.failure_gallery import failure_image, failures_of_version
from records.errors import IntegrityBroken, Refused
from records.lineage import lineage_of, version_standings
from records.lookup import find_record
from records.product import Device, ModelVersion
from records.store import Store
from tests.dashboards.small_workspace import populate
from tests.frozen_versions import freeze_versions
from tests.regulatory.gathering.small_store import DEVICE


@pytest.fixture
def frozen(store: Store) -> Store:
    populate(store)
    freeze_versions(store)
    return store


def test_both_are_held_against_each_other_on_the_same_studies(frozen: Store) -> None:
    with frozen.reader() as reader:
        second, first = (find_record(reader, ModelVersion, f"MDV-000{n}") for n in (2, 3))
        found = compare_pair(frozen, reader, first, second)
    internal, external = found.splits
    assert (internal.studies, internal.patients, external.studies) == (16, 16, 8)
    # MDV-0003 finds study 1 that the other misses, and flags study 4 (and 18) that it does not
    told = {one.measure: one.value for one in internal.differences}
    assert told["sensitivity_difference"] == pytest.approx(1 / 8)
    assert told["specificity_difference"] == pytest.approx(-1 / 8)
    assert (internal.first_alone_right, internal.second_alone_right) == (1, 1)
    assert internal.p_value == pytest.approx(1.0)
    assert (external.first_alone_right, external.second_alone_right) == (0, 1)
    assert all(one.n and one.method for one in internal.differences)


def test_what_cannot_be_paired_is_refused_or_left_out_and_told(frozen: Store) -> None:
    with frozen.reader() as reader:
        first, second = (find_record(reader, ModelVersion, f"MDV-000{n}") for n in (2, 4))
        with pytest.raises(Refused, match="same version twice"):
            compare_pair(frozen, reader, first, first)
        # in the dataset of the second one study is gone, and another has another truth
        internal, external = compare_pair(frozen, reader, first, second).splits
        assert internal.left_out == {"another truth in the two datasets": 1}
        assert external.left_out == {"locked for one version only": 1}
        old = find_record(reader, ModelVersion, "MDV-0001")
        with pytest.raises(IntegrityBroken):
            compare_pair(frozen, reader, first, old)
        device = reader.get_one(Device, 1)
        reader.expunge(device)
    with frozen.transaction("setup", "another device", now=device.defined_at) as tx:
        tx.add(Device(**device.model_dump(exclude={"id"}) | {"name": "other"}))
    with frozen.reader() as reader:
        other = ModelVersion(**second.model_dump() | {"id": 9, "device_id": 2})
        with pytest.raises(Refused, match="is of chest-radiograph-pneumonia, MDV-0009 of other"):
            compare_pair(frozen, reader, first, other)


def test_the_worst_failures_come_first_and_their_images_are_shown_in_a_window(
    frozen: Store,
) -> None:
    with frozen.reader() as reader:
        version = find_record(reader, ModelVersion, "MDV-0003")
        found = failures_of_version(frozen, reader, version)
        assert [(one.kind, one.study, one.split) for one in found] == [
            ("false negative", "STU-0003", "internal test"),
            ("false positive", "STU-0004", "internal test"),
            ("false positive", "STU-0002", "internal test"),
            ("false positive", "STU-0018", "external test"),
        ]
        assert [one.truth for one in found[:2]] == ["pneumonia", "no pneumonia"]
        plain = failure_image(frozen, reader, found[0].image)
        assert plain.values is not None and plain.values.low < plain.values.high
        same = (plain.values.center, plain.values.width)
        begun = failure_image(frozen, reader, found[0].image, window=same)
        assert begun.png == plain.png, "the sliders begin at the window of the file"
        narrow = failure_image(frozen, reader, found[0].image, window=(plain.values.low, 2.0))
        assert plain.png.startswith(b"\x89PNG") and narrow.png != plain.png
        with patch.object(pictures, "may_be_shown", return_value=False):
            withheld = failure_image(frozen, reader, found[0].image)
        with patch.object(gallery, "deleted_digests", return_value=[_digest(frozen)]):
            deleted = failure_image(frozen, reader, found[0].image)
    assert (withheld.png, "letters" in withheld.withheld) == (b"", True)
    assert (deleted.png, deleted.withheld) == (b"", "its bytes were deleted")


def _digest(store: Store) -> str:
    from records.cases import Instance

    with store.reader() as reader:
        return reader.get_one(Instance, 3).digest


def test_the_lineage_leads_from_data_to_decision(frozen: Store) -> None:
    with frozen.reader() as reader:
        whole = lineage_of(reader, DEVICE)
        own = lineage_of(reader, DEVICE, version="MDV-0001")
        standings = version_standings(reader, device=DEVICE)
        assert version_standings(reader, device="other") == []
    assert [one.label for one in own.nodes] == [
        "DSV-0001", "MDV-0001", "EVA-0001", "EVA-0002", "CHR-0001"
    ]
    assert [(one.source, one.target) for one in own.edges] == [
        ("DSV-0001", "MDV-0001"), ("MDV-0001", "EVA-0001"), ("MDV-0001", "EVA-0002"),
        ("EVA-0001", "CHR-0001"), ("EVA-0002", "CHR-0001"),
    ]
    assert next(one for one in own.nodes if one.label == "EVA-0001").status == (
        "1 of 1 criteria met"
    )
    assert {one.label for one in whole.nodes} > {"MDV-0003", "DSV-0002"}
    assert [one.label for one in standings] == ["MDV-0004", "MDV-0003", "MDV-0002", "MDV-0001"]
    assert standings[3].runs[0] == "north hospital: live since 2026-01-05"
    assert standings[3].changes == ("CHR-0001",)
