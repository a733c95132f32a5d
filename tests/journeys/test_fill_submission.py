"""What is submitted names no patient whose studies are here."""

import pytest

from imaging.identity import Identity, identity_store
from journeys.fill_submission import fill_submission, fill_submission_of_device
from records.errors import NotFound, Refused
from records.store import Store
from tests.conftest import NOW
from tests.regulatory.forms.whole_forms import whole


@pytest.mark.requirement("REG-112")
def test_a_patient_of_the_workspace_is_refused_by_the_number_of_the_field(store: Store) -> None:
    of_patient = (("PatientName", "Long^May"), ("PatientID", "QX-4471-Z"))
    identity_store(store).remember([Identity("P1", "patient", of_patient)])
    for key, text, number in (
        ("event_description", "the film of May Long was not read", "B5"),
        ("reporter_contact", "wrote about QX-4471-Z", "E1"),
        ("patient_age", {"unknown": "QX-4471-Z was not asked", "attempts": ["A letter."]}, "A2"),
    ):
        facts = whole("3500A") | {key: text}
        assert fill_submission("3500A", facts)["missing"] == []  # nobody is looked up there
        with store.reader() as reader, pytest.raises(Refused) as refused:
            fill_submission_of_device(reader, store.workspace, "3500A", facts, now=NOW)
        assert str(refused.value).startswith(f"{number} ")
        assert "4471" not in str(refused.value) and "Long" not in str(refused.value)


def test_a_form_without_identities_is_filled_in_a_workspace(store: Store) -> None:
    with store.reader() as reader:
        told = fill_submission_of_device(reader, store.workspace, "MIR", whole("MIR"), now=NOW)
        with pytest.raises(NotFound, match="No device 'odd'"):
            fill_submission_of_device(reader, store.workspace, "MIR", {}, device="odd", now=NOW)
    assert told == fill_submission("MIR", whole("MIR"))
