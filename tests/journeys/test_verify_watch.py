"""Drills of a device's plan become records, and the newest run a document."""

import pytest

from journeys.verify_watch import verify_watch
from records.errors import InvalidInput, NotFound
from records.held_definition import definition_of
from records.queries import find_device
from records.settings import Workspace
from records.store import Store, open_store
from regulatory.compile import Request, content_now, set_in_type
from regulatory.documents.blocks import Gap, Table
from regulatory.documents.content import placed_gaps
from regulatory.documents.monitoring_verification import build
from regulatory.documents.rendering import render
from regulatory.gathering.monitoring_verification import gather_verification
from tests.dashboards.small_workspace import TODAY, populate
from tests.regulatory.gathering import small_store as small

HOW = {"sites": 1, "daily_n": 20, "actor": "demo.engineer", "now": TODAY}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    opened = open_store(Workspace(tmp_path_factory.mktemp("w") / "workspace").create(), url="")
    populate(opened)
    return opened


def test_a_plan_that_was_never_drilled_is_a_gap_and_the_newest_run_is_the_document(
    store: Store,
) -> None:
    request = Request("monitoring_verification", small.DEVICE)
    with store.reader() as reader:
        compiled = set_in_type(request.kind, *content_now(reader, request, now=TODAY))
        digest = find_device(reader, small.DEVICE).definition_digest
    first = placed_gaps(compiled.content)[0][1]
    assert (first.missing, first.who) == (
        "Trial of the monitoring plan with simulated shifts", "quality manager",
    )  # fmt: skip
    verify_watch(store, small.DEVICE, shifts=["blur"], repeats=1, seed=1, **HOW)
    made = verify_watch(store, small.DEVICE, shifts=["silence", "blur"], repeats=1, seed=2, **HOW)
    assert [one.step for one in made] == ["silence", "blur"]
    assert {one.journey for one in made} == {f"monitoring verification {small.DEVICE} 2"}
    assert made[0].summary["definition_digest"] == digest
    assert made[0].summary["arrangement"]["seed"] == 2
    with store.reader() as reader:
        after = build(gather_verification(reader, compiled.basis))
        charts = definition_of(find_device(reader, small.DEVICE)).monitoring_plan["charts"]
    assert render(after).json
    tables = [one for part in after.sections for one in part.blocks
              if isinstance(one, Table)]  # fmt: skip
    rows = {row[0].text: row for row in tables[0].rows}
    assert len(rows) == 2
    silence = next(row for name, row in rows.items() if name.startswith("no study comes"))
    assert "1.000" in silence[1].text
    assert "too few for a median" in silence[2].text, "of one repeat"
    assert silence[4].text in {one["name"] for one in charts}
    assert not [one for part in after.sections for one in part.blocks
                if isinstance(one, Gap)]  # fmt: skip


def test_a_shift_that_is_named_twice_or_unknown_leaves_no_record(store: Store) -> None:
    with pytest.raises(InvalidInput, match="named twice"):
        verify_watch(store, small.DEVICE, shifts=["blur", "blur"], repeats=1, seed=1, **HOW)
    with pytest.raises(NotFound, match="no shift 'fog'"):
        verify_watch(store, small.DEVICE, shifts=["fog"], repeats=1, seed=1, **HOW)
