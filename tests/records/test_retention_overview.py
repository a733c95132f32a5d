"""Each record tells until when it is kept, and what is not known of that."""

from datetime import date

import pytest

from records.errors import (
    InvalidInput,
)  # fmt: skip
from records.people import find_actor
from records.product import Device
from records.retention_facts import record_fact
from records.retention_overview import due_bytes, kept_tables, retention_of_record
from records.store import Store
from tests.records.kept_bytes import LATER, kept, template

__all__ = ["kept", "template"]


@pytest.mark.requirement("REG-120", "R-P11-10c")
def test_every_record_tells_its_rule_and_day_or_what_is_not_known(kept: Store) -> None:
    with kept.transaction("radvigil", now=LATER) as tx:
        tx.add(Device(name="chest", revision=1, trade_name="C", definition={},
                      definition_digest="d", defined_at=LATER))
    with kept.reader() as reader:
        rows = {one.records: one for one in kept_tables(reader)}
        assert rows["Study"].reasons == ("last_unit_placed is not known",)
        assert rows["Signature"].reasons[0].startswith("SIGNATURE is kept as long as")
        device = reader.get_one(Device, 1)
        assert retention_of_record(reader, device).retain_until is None
    with kept.transaction("regina", "the end of the product", now=LATER) as tx:
        record_fact(tx, "last_unit_placed", "chest", "2029-01-31", evidence="letter 4",
                    by=find_actor(tx, "regina"), now=LATER)  # fmt: skip
    with kept.reader() as reader:
        found = retention_of_record(reader, device)
        assert (found.retain_until, found.citations) == (
            date(2039, 1, 31), ("MDR Art. 10(8); Annex IX ch. III s. 7; AI Act Art. 18",)
        )
        (images, refused, exports) = due_bytes(kept, reader, LATER.date())
    assert (images.here, images.due, images.not_known) == (4, 0, 4)
    assert (refused.due, exports.due) == (1, 1)


@pytest.mark.parametrize(
    ("fact", "words"),
    [
        (("half_life", "north", "3", "contract"), "no fact of retention"),
        (("legal_basis_ends", "north", "soon", "contract"), "no value of legal_basis_ends"),
        (("expected_life_years", "north", "5", "contract"), "no device 'north'"),
        (("legal_basis_ends", "nowhere", "2029-01-01", "contract"), "no site 'nowhere'"),
        (("legal_basis_ends", "north", "2029-01-01", " "), "the evidence"),
    ],
)
def test_a_fact_that_is_none_is_refused(
    kept: Store, fact: tuple[str, str, str, str], words: str
) -> None:
    name, about, value, evidence = fact
    with kept.transaction("quinn", "try", now=LATER) as tx:
        with pytest.raises(InvalidInput, match=words):
            record_fact(tx, name, about, value, evidence=evidence, by=find_actor(tx, "quinn"),
                        now=LATER)  # fmt: skip
