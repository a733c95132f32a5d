"""A gap blocks approval until somebody says, with a name and a reason, that it is unknown."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from records.errors import InvalidInput, NotAllowed, NotFound, Refused
from records.guards import require_complete
from records.people import Actor, Meaning, Role, find_actor, register_person
from records.product import Device
from records.quality import Document
from records.signatures import is_valid, sign, signatures_on
from records.store import Store
from regulatory.documents import validation_report
from regulatory.gaps import Attempt, declare_unknown, record_attempt, with_declarations
from tests.people import qualify_everybody
from tests.regulatory.documents.sample_validation import validation_facts

PASSWORD = "correct horse battery"


@pytest.fixture
def draft(store: Store, now: datetime) -> Document:
    with store.transaction("setup", now=now) as tx:
        register_person(
            tx, "quentin", full_name="Quentin", roles=[Role.QUALITY], password=PASSWORD, now=now
        )
        qualify_everybody(tx, now)
        tx.add(Actor(name="robot", full_name="Robot", kind="service", registered_at=now))
        tx.add(Device(name="chest", revision=1, trade_name="Chest", definition={},
                      definition_digest="d", defined_at=now))  # fmt: skip
        tx.flush()
        document = Document(
            device_id=1, kind="validation_report", number="DOC-22-chest", version=1, title="t",
            freeze_at=now, freeze_sequence=1, facts_digest="f", template_digest="t",
            draft_json_digest="j", compiled_at=now,
            gaps=[{"section": "10", "missing": "Limits", "reason": "not supplied", "who": "QA"}],
        )
        tx.add(document)
    return document


def declare(store: Store, draft: Document, who: str, reason: str, now: datetime) -> None:
    with store.transaction(who, reason, now=now) as tx:
        declare_unknown(
            tx, tx.get_one(Document, draft.id), by=find_actor(tx, who), reason=reason
        )


@pytest.mark.requirement("REG-034")
def test_an_open_gap_is_refused_by_name(draft: Document) -> None:
    with pytest.raises(Refused, match=r"has 1 open gap: §10 Limits \(QA\)"):
        require_complete(draft)


@pytest.mark.requirement("REG-035")
def test_a_declared_gap_names_who_and_why(store: Store, draft: Document, now: datetime) -> None:
    declare(store, draft, "quentin", "no field data yet", now)
    with store.reader() as reader:
        row = reader.get_one(Document, draft.id)
    require_complete(row)
    assert row.open_gaps == []
    assert row.gaps[0]["declared_by"] == "Quentin"
    assert row.gaps[0]["declared_reason"] == "no field data yet"


def test_a_declaration_after_signing_voids_the_signature(
    store: Store, draft: Document, now: datetime
) -> None:
    with store.transaction("quentin", "sign", now=now) as tx:
        sign(tx, tx.get_one(Document, draft.id), signer=find_actor(tx, "quentin"),
             password=PASSWORD, meaning=Meaning.APPROVAL, reason="read", now=now)  # fmt: skip
    declare(store, draft, "quentin", "no field data yet", now)
    with store.reader() as reader:
        row = reader.get_one(Document, draft.id)
        assert not is_valid(signatures_on(reader, row)[0], row)


@pytest.mark.requirement("REG-035")
def test_a_service_declares_nothing_and_a_reason_is_needed(
    store: Store, draft: Document, now: datetime
) -> None:
    with pytest.raises(NotAllowed):
        declare(store, draft, "robot", "because", now)
    with pytest.raises(InvalidInput):
        declare(store, draft, "quentin", " ", now)


@pytest.mark.parametrize(("function", "role"), [
    ("person responsible for regulatory compliance", Role.RESPONSIBLE_PERSON),
    ("top management", Role.RESPONSIBLE_PERSON), ("clinical lead", Role.CLINICIAN),
])  # fmt: skip
def test_a_gap_for_a_role_is_declared_unknown_by_that_role_only(
    store: Store, draft: Document, now: datetime, function: str, role: Role
) -> None:
    with store.transaction("setup", now=now) as tx:
        register_person(tx, "rosa", full_name="Rosa", roles=[role], password=PASSWORD, now=now)
        row = tx.get_one(Document, draft.id)
        row.gaps = [*row.gaps, {"section": "9", "missing": "Conclusion", "reason": "not supplied",
                                "who": function}]  # fmt: skip
        tx.add(row)
    declare(store, draft, "quentin", "no field data yet", now)
    with store.reader() as reader:
        left = reader.get_one(Document, draft.id).open_gaps
    assert [(gap["missing"], gap["who"]) for gap in left] == [("Conclusion", function)]
    with pytest.raises(NotAllowed, match=f"they are for the {function} to fill"):
        declare(store, draft, "quentin", "nobody knows", now)
    declare(store, draft, "rosa", "nothing was concluded", now)
    with store.reader() as reader:
        row = reader.get_one(Document, draft.id)
    assert [gap["declared_by"] for gap in row.gaps] == ["Quentin", "Rosa"]
    assert row.open_gaps == []


def test_the_document_prints_the_declaration_in_place_of_the_gap(
    store: Store, draft: Document
) -> None:
    from regulatory.documents.content import placed_gaps

    content = validation_report.build(validation_facts())
    section, gap = placed_gaps(content)[0]
    draft.gaps = [
        {"section": section, "missing": gap.missing, "declared_by": "Quentin",
         "declared_reason": "not recorded at the site"}
    ]  # fmt: skip
    stated = placed_gaps(with_declarations(content, draft))
    assert stated[0][1].reason == (
        "declared unknown by Quentin: not recorded at the site; no attempt to find it out is "
        "recorded"
    )
    assert stated[1:] == placed_gaps(content)[1:]


ASKED = Attempt("secretary of northfield", date(2026, 1, 3), "telephone", "Which limits?", "none")


@pytest.mark.requirement("REG-035")
def test_the_attempts_to_find_a_value_out_are_recorded_and_printed(
    store: Store, draft: Document, now: datetime
) -> None:
    from regulatory.documents.content import placed_gaps

    content = validation_report.build(validation_facts())
    section, gap = placed_gaps(content)[0]
    with store.transaction("quentin", "asked", now=now) as tx:
        row = tx.get_one(Document, draft.id)
        row.gaps = [row.gaps[0] | {"section": section, "missing": gap.missing}]
        for attempt in (ASKED, replace(ASKED, channel="e-mail", answer="no answer")):
            record_attempt(tx, row, 1, attempt, by=find_actor(tx, "quentin"))
    declare(store, draft, "quentin", "nobody knows", now)
    with store.reader() as reader:
        row = reader.get_one(Document, draft.id)
    assert [one["answer"] for one in row.gaps[0]["attempts"]] == ["none", "no answer"]
    said = placed_gaps(with_declarations(content, row))[0][1].reason
    assert said == (
        "declared unknown by Quentin: nobody knows; attempts to find it out: 2026-01-03, "
        "telephone, Quentin asked secretary of northfield 'Which limits?': none; 2026-01-03, "
        "e-mail, Quentin asked secretary of northfield 'Which limits?': no answer"
    )


@pytest.mark.requirement("REG-035")
@pytest.mark.parametrize("blank", ["who", "channel", "question", "answer"])
def test_an_attempt_says_who_how_what_and_the_answer(blank: str) -> None:
    with pytest.raises(InvalidInput, match=f"does not say its {blank}"):
        replace(ASKED, **{blank: " "})  # type: ignore[arg-type]


@pytest.mark.requirement("REG-035")
def test_an_attempt_belongs_to_a_gap_of_a_draft_and_to_a_person(
    store: Store, draft: Document, now: datetime
) -> None:
    for who, number, refused in (("robot", 1, NotAllowed), ("quentin", 2, NotFound)):
        with pytest.raises(refused), store.transaction(who, "asked", now=now) as tx:
            record_attempt(
                tx, tx.get_one(Document, draft.id), number, ASKED, by=find_actor(tx, who)
            )
