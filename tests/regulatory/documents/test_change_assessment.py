"""The letter to file and the EU assessment show every question, also those not reached."""

import re

import pytest

from records.errors import Refused
from records.store import Store
from regulatory.compile import Compiled, Request, content_now, set_in_type
from regulatory.documents.blocks import HumanText
from regulatory.documents.lists import forbidden_claims, unresolved_citations
from regulatory.documents.said import all_said
from tests.dashboards.small_workspace import TODAY
from tests.regulatory.later_version import answer, proposed, review

DEVICE = "chest-radiograph-pneumonia"


def compiled(store: Store, kind: str) -> Compiled:
    with store.reader() as reader:
        return set_in_type(kind, *content_now(reader, Request(kind, DEVICE), now=TODAY))


@pytest.mark.requirement("REG-091")
def test_both_assessments_quote_each_question_and_who_signed(store: Store) -> None:
    proposed(store)
    for kind in ("fda_change_assessment", "eu_change_assessment"):
        with pytest.raises(Refused, match="No change of chest-radiograph-pneumonia was assessed"):
            compiled(store, kind)
    answer(store)
    review(store)
    fda = compiled(store, "fda_change_assessment")
    text = str(fda.content)
    for words in ("strengthen cybersecurity", "not reached", "ended at P0", "Demo Engineer",
                  "within the authorised plan: no new 510(k)", "Demo Quality Manager", "MDV-0001",
                  "demo.regulatory (RSA-"):
        assert words in text, words
    assert [one.title for one in fda.content.sections][1:8] == [
        "Reference version, cumulative changes and performance", "Risk analysis before and after",
        "Predetermined change control plan", "FDA labelling", "FDA software change",
        "Unique device identification", "Result and follow-up",
    ]  # fmt: skip
    assert not re.search(r"\b(LETTER_TO_FILE|PCCP_IN_BOUNDS|IN_BOUNDS|NEW_UDI_DI)\b", text), (
        "results are told in words"
    )
    assert "Every change since" in text and "What is not the same" in text
    said = [one for section in fda.content.sections for one in section.blocks
            if isinstance(one, HumanText)]  # fmt: skip
    assert [(one.author, one.text.split(":")[0]) for one in said] == [
        ("Demo Engineer", "Risk review"), ("Demo Engineer", "Verification plan"),
    ], "a person's words are no computed ones"
    assert forbidden_claims(all_said(fda.content)) == ()
    assert unresolved_citations(fda.content) == ()
    again = compiled(store, "fda_change_assessment")
    assert again.rendered.digests == fda.rendered.digests
    assessed = compiled(store, "eu_change_assessment").content
    assert forbidden_claims(all_said(assessed)) == ()
    eu = str(assessed)
    assert "NB letter 12, 2026-03-01; DMS 4711" in eu
    assert "strengthen cybersecurity" not in eu
