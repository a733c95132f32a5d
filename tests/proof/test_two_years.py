"""The scenario of two years runs whole, twice interrupted, and each document has its subject."""

import os
from collections import Counter
from pathlib import Path

import pytest

from journeys import demonstration_years
from journeys.demonstrate import demonstrate
from journeys.demonstration_order import Order
from journeys.scenario import carry_out
from records.capas import CAPA, EFFECTIVE
from records.field_actions import FieldAction
from records.incidents import Incident
from records.lookup import list_records
from records.product import Device
from records.quality import Document
from records.rollbacks import Rollback
from records.settings import Workspace
from records.store import open_store
from records.trends import TrendDecision
from records.verify import verify_records

pytestmark = [
    pytest.mark.proof, pytest.mark.timeout(3600),
    pytest.mark.skipif(os.environ.get("RADVIGIL_PROOF") != "full", reason="minutes: make proof"),
]


class Interrupted(RuntimeError):
    """Somebody pulled the plug."""


def test_two_years_end_whole_and_each_document_has_a_subject(tmp_path: Path) -> None:
    home, order = tmp_path / "years", Order(scenario="two-years", workers=2)
    calls = iter(range(10_000))

    def unplugged(*arguments: object, **named: object) -> None:
        if next(calls) == 40:
            raise Interrupted
        carry_out(*arguments, **named)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(demonstration_years, "carry_out", unplugged)
        with pytest.raises(Interrupted):
            demonstrate(home, order)
    summary = demonstrate(home, order).to_dict()
    assert summary["audit_trail"]["whole"]
    store = open_store(Workspace(home), url="")
    with store.reader() as reader:
        assert verify_records(reader).whole
        assert {one.definition["risk_class"]["eu"] for one in list_records(reader, Device)} == {
            "IIa", "I"
        }
        closed = Counter(one.closed_as for one in list_records(reader, CAPA))
        assert (closed[EFFECTIVE], closed[""]) == (1, 2)
        assert [one.status for one in list_records(reader, FieldAction)] == ["closed"]
        assert len(list_records(reader, Incident)) == 7
        assert len(list_records(reader, Rollback)) == 1
        assert list_records(reader, TrendDecision)
        assert {one.status for one in list_records(reader, Document)} >= {"effective", "draft"}
    store.close()
