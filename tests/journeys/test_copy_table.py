"""A table that is taken along names nobody whose studies are here."""

from datetime import datetime

import pytest

from dashboards.downloads import csv_of
from imaging.identity import Identity, identity_store
from journeys.copy_table import copy_table
from records.errors import Refused
from records.identity_mapping import note_mapping
from records.lookup import find_events
from records.people import Role, register_person
from records.store import Store
from tests.records.mapped import mapped


@pytest.mark.requirement("REG-112")
def test_a_table_that_names_a_patient_does_not_leave_and_the_place_is_said(
    store: Store, now: datetime
) -> None:
    mapped(store, now=now)
    with store.transaction("radvigil", "begin", now=now) as tx:
        register_person(tx, "ada", full_name="Ada Quality", now=now, roles=[Role.QUALITY],
                        password="x" * 14)  # fmt: skip
    identity_store(store).remember([Identity("P3", "patient", (("PatientID", "2468013"),))])
    note_mapping(store)
    for row, attribute in (
        (["4", "Frau Ottilie Zwetschkenbaum asked"], "PatientName"),
        (["4", "2468013"], "PatientID"),
    ):  # fmt: skip
        with pytest.raises(Refused, match=rf"2 Reason holds the {attribute}") as refused:
            copy_table(store, "ada", page="audit-trail", file="x.csv",
                       content=csv_of(["Number", "Reason"], [["1", "as agreed"], row]))  # fmt: skip
        assert row[1] not in f"{refused.value.message} {refused.value.hint}"
    with store.reader() as reader:
        assert not find_events(reader, action="export table")
    copy_table(store, "ada", page="audit-trail", file="x.csv",
               content=csv_of(["Bytes", "Bytes"], [[2468013, "as agreed"], [7, None]]))  # fmt: skip
    with store.reader() as reader:
        assert len(find_events(reader, action="export table", actor="ada")) == 1
