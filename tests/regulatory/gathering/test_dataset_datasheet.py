"""A datasheet tells each dataset in use section by section, from its rows."""


from records.product import DatasetVersion, Deployment, ModelVersion
from records.store import Store
from regulatory.documents import dataset_datasheet
from regulatory.documents.blocks import Table
from regulatory.documents.content import Content, placed_gaps
from regulatory.documents.places import DATASHEET
from regulatory.documents.rendering import render
from regulatory.gathering.dataset_datasheet import datasets_in_use, gather_datasheet
from tests.regulatory.gathering.conftest import basis_in
from tests.regulatory.gathering.outline import cells, gaps, numbers, require_sound, table, texts
from tests.regulatory.gathering.small_store import (
    add,
    add_device,
    at,
)

OUTLINE = [str(number) for number in range(1, 11)]


def datasheet(store: Store) -> Content:
    """The datasheet as of now."""
    with store.reader() as reader:
        return dataset_datasheet.build(gather_datasheet(reader, basis_in(reader)))


def test_each_section_is_told_from_the_rows(judged: Store) -> None:
    content = datasheet(judged)
    assert numbers(content) == OUTLINE
    require_sound(content, datasheet(judged))
    parts = texts(table(content, "Parts of the dataset").rows)
    assert parts[0] == ["train", "6", "6", "3 of 6 (50.0 %)", "northfield"]
    who = texts(table(content, "Who and what is in DSV-0001").rows)
    assert ["Sex", "M", "1 of 12 (8.3 %)", "0 of 6 (0.0 %)", "1 of 18 (5.6 %)"] in who
    ages = [row for row in who if row[0] == "Age, years"]
    assert [row[1] for row in ages] == ["40 to under 65"]
    uses = texts(table(content, "Uses of DSV-0001").rows)
    assert [row[:2] + row[3:4] for row in uses] == [
        ["MDV-0001", "training and tuning", "not applicable"],
        ["EVA-0001", "internal test", "1"], ["EVA-0002", "external test", "1"],
    ]  # fmt: skip
    assert all(one.records for one in cells(content) if one.text.startswith("DSV-"))
    assert {gap.place for _, gap in placed_gaps(content) if gap.place} == set(DATASHEET)
    missing = [gap.missing for gap in gaps(content, "2")]
    assert "DSV-0001: legal basis of the studies" in missing, "not stated is a gap, no blank"
    assert render(content).pdf.startswith(b"%PDF")


def test_a_dataset_that_was_chosen_from_operation_says_what_is_not_counted(
    developed: Store,
) -> None:
    with developed.transaction("demo.engineer", "retrain", now=at(10)) as tx:
        first = tx.get_one(DatasetVersion, 1)
        values = first.model_dump(exclude={"id", "manifest_digest", "name", "datasheet"})
        second = DatasetVersion(
            **values, name="grown", manifest_digest="m2",
            datasheet=first.datasheet | {"selection": {"run": "retraining 1", "new_cases": 9}},
        )
        add(tx, second)
        made = tx.get_one(ModelVersion, 1).model_dump(
            exclude={"id", "name", "version_digest", "dataset_version_id"}
        )
        add(tx, ModelVersion(**made, name="small-2", version_digest="v2", dataset_version_id=2))
        for number in (1, 2):
            add(tx, Deployment(
                model_version_id=number, site_id=number, mode="live", started_at=at(10)
            ))  # fmt: skip
    with developed.reader() as reader:
        basis = basis_in(reader)
        assert {one.label for one in datasets_in_use(reader, basis)} == {"DSV-0001", "DSV-0002"}
    content = datasheet(developed)
    captions = [block.caption for section in content.sections for block in section.blocks
                if isinstance(block, Table)]  # fmt: skip
    assert len(set(captions)) == len(captions), "each table names its dataset"
    assert [one.text.split(" ")[0] for one in content.header.device_versions] == [
        "small-2", "small-1",
    ]  # fmt: skip
    said = [gap.missing for gap in gaps(content, "3")]
    assert said == ["DSV-0002: sex, age and equipment of its studies"]
    assert gaps(content, "4")[0].reason == "run retraining 1 keeps no counts by reason"


def test_without_a_dataset_every_section_is_a_gap(store: Store) -> None:
    with store.transaction("demo.engineer", "define", now=at(1)) as tx:
        add_device(tx)
    content = datasheet(store)
    assert numbers(content) == OUTLINE
    require_sound(content)
    for number in OUTLINE:
        assert "no dataset version of the device is on record" in {
            gap.reason for gap in gaps(content, number)
        }, number
