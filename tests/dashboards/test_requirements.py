"""Acceptance checks of requirements that are about what stands on the page."""

import re

import pytest
from sqlmodel import select

from records.quality import Document, Signature
from records.store import Store
from tests.dashboards.conftest import Visit, text_of


@pytest.mark.requirement("REG-020", "R-P11-50")
def test_name_meaning_and_instant_of_every_signature_stand_on_the_page(
    visit: Visit, records: Store
) -> None:
    with records.reader() as reader:
        document = reader.exec(select(Document)).one()
        wanted = select(Signature).where(Signature.subject_name == document.subject)
        signatures = reader.exec(wanted).all()
    words = text_of(visit("demo.quality", "documents"))
    rows = re.findall(r"<tr.*?</tr>", words, re.DOTALL)
    assert signatures
    for one in signatures:
        shown = (one.printed_name, one.meaning, f"{one.signed_at:%Y-%m-%d %H:%M:%S} UTC")
        assert any(all(item in row for item in shown) for row in rows)
