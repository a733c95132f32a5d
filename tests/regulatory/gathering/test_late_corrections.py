"""A correction that was to be reported and was not is an exception, with the day that it missed."""

from types import SimpleNamespace
from typing import Any

from records.store import Store
from regulatory.gathering.late_corrections import late_corrections
from tests.regulatory.case_workspace import act, case, store
from tests.regulatory.reported_incident import LATER

__all__ = ["act", "case", "store"]


def test_what_was_to_be_reported_and_was_not_is_told_with_its_day(case: Store) -> None:
    basis: Any = SimpleNamespace(freeze_at=LATER)
    with case.reader() as reader:
        (told,) = late_corrections(reader, basis, None)
    assert told.record == "COA-0001"
    assert told.what == "report of FSA-0001 under EU MDR Art. 87(1)(b): not sent"
    assert "owed before the action, initiated on" in told.why
