"""Nobody's patient is named in what people type: it would stand in the trail for ever."""

import os
from collections.abc import Iterator
from datetime import datetime

import pytest
from sqlalchemy import inspect
from sqlmodel import select

from imaging.identity import Identity, identity_store
from records.audit import count_events, note, read_events
from records.batches import add_batch
from records.errors import InvalidInput, Refused
from records.fact_kinds import FACTS
from records.facts import columns_of
from records.keys import key_file
from records.known_people import PeopleOfWorkspace
from records.legal_holds import LegalHold
from records.people import Actor
from records.product import Site
from records.revalidation_rules import WHEN
from records.settings import Workspace
from records.store import Store, open_store
from records.surveillance import Revalidation
from records.tables import RECORDS
from records.typed_columns import TYPED, typed_texts
from records.typed_text import require_names_nobody
from tests.conftest import NOW

PEOPLE = (
    ("Zwetschkenbaum^Ottilie Eva", "QX-4471-Z", "19560503", "A20261103"),
    ("MÜLLER^Jürgen", "0048211", "19710112", "7712345"),
    ("Long^May", "MRN00912", "19880907", "CR-24-00129"),
    ("O'Brien^Siobhan", "900112233", "20010203", "31415926"),
    ("Nguyen^Van An", "55123", "19491231", "88-1212"),
    ("García-López^José=山田^太郎", "H7781", "19650228", "ACC5512"),
    ("Krause^Petra", "G-77812", "19800101", "55.9921"),
)


@pytest.fixture(scope="module")
def peopled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A workspace with a mapping of seven people, an account and a site; tests only add to it."""
    store = open_store(Workspace(tmp_path_factory.mktemp("w") / "workspace").create(), url="")
    with store.transaction("setup", now=NOW) as tx:
        tx.add(Actor(name="quality", full_name="Petra Krause", kind="person", registered_at=NOW))
        tx.add(Site(name="Nord", registered_at=NOW))
    identity_store(store).remember([
        entry for n, (name, number, born, accession) in enumerate(PEOPLE) for entry in (
            Identity(f"P{n}", "patient", (("PatientName", name), ("PatientID", number),
                                          ("PatientBirthDate", born))),
            Identity(f"2.25.{n}", "study", (("AccessionNumber", accession),)),
        )
    ])  # fmt: skip
    yield store
    store.close()


def refused(store: Store, reason: str) -> str:
    """What is said to this reason; empty where it is recorded."""
    try:
        with store.transaction("ada", reason, now=NOW) as tx:
            note(tx, "look", "Workspace:all")
    except InvalidInput as said:
        return said.message
    return ""


@pytest.mark.requirement("REG-112")
@pytest.mark.parametrize("text", [
    "the images of Ottilie Zwetschkenbaum were mixed up", "Zwetschkenbaum, Eva moved",
    "wrong side for ottilie zwetschkenbaum", "CHECKED O'BRIEN SIOBHAN AGAIN", "GARCIA-LOPEZ^JOSE",
    "study of Jose Garcia", "seen: Van Nguyen", "the film of May Long", "Mrs Long complained",
    "patient O’Brien had a pacemaker", "Nguyen's scan was read twice", "Jürgen R. Mueller fell",
    "see QX-4471-Z", "see qx 4471 z", "0048211 again", "patient 55123 was flagged", "MRN 48211",
    "7712345 was late", "CR-24-00129", "CR2400129", "accession 88-1212",
    "the woman of 03.05.1956 was flagged", "she, 31 December 1949", "patient 1971-01-12",
])  # fmt: skip
def test_who_is_known_here_is_found_in_any_writing(peopled: Store, text: str) -> None:
    said = refused(peopled, text)
    assert said.startswith("The reason seems to hold ")
    told = set(said.lower().split())
    assert not {word.lower() for word in text.split()[1:] if len(word) > 3} & told


@pytest.mark.requirement("REG-112")
@pytest.mark.parametrize("text", [
    "signed by Petra Krause", "Mrs Krause was told", "12 patients at Nord", "it may take long",
    "55123 rows", "in 48211 of them", "built on 1971-01-12", "Dr. Weber and Prof. Klein looked",
    "Siemens Ysio Max replaced by Philips DigitalDiagnost", "3 of 471 studies", "P0 and STU-0012",
    "he saw it on 2024-03-02", "Ottilie signed", "QX-4471", "watch 2026-01-05", "born before 1950",
    "Patient Safety Officer told", "Retain Patient Characteristics Option", "software 3.4.5.1",
])  # fmt: skip
def test_staff_scanners_and_counts_are_recorded(peopled: Store, text: str) -> None:
    assert refused(peopled, text) == ""


@pytest.mark.requirement("REG-112")
def test_nothing_of_it_is_recorded_and_no_refusal_with_it(peopled: Store) -> None:
    with peopled.reader() as reader:
        before = count_events(reader)
    for _ in range(2):
        assert refused(peopled, "patient Zwetschkenbaum")
    with peopled.reader() as reader:
        assert count_events(reader) == before


@pytest.mark.requirement("REG-112")
def test_a_field_that_was_typed_is_held_before_the_commit(peopled: Store) -> None:
    hold = {"kinds": [], "placed_by": "ada", "placed_at": NOW, "status": "standing"}
    with pytest.raises(InvalidInput, match="The lifted because seems to hold the name"):
        with peopled.transaction("ada", "hold", now=NOW) as tx:
            tx.add(LegalHold(reason="inquest", lifted_because="Eva Zwetschkenbaum died", **hold))
    with peopled.transaction("ada", "hold", now=NOW) as tx:
        tx.add(LegalHold(reason="inquest", **hold))
    with pytest.raises(InvalidInput, match="The reason seems to hold a number"):
        with peopled.transaction("ada", "more is known", now=NOW) as tx:
            kept = tx.exec(select(LegalHold)).one()
            kept.reason = "inquest into QX-4471-Z"
            tx.add(kept)
    with peopled.reader() as reader:
        assert [one.reason for one in reader.exec(select(LegalHold))] == ["inquest"]
        assert not any("QX-4471" in event["new"] for event in read_events(reader))


@pytest.mark.requirement("REG-112")
def test_a_purpose_in_an_event_and_the_rows_of_a_batch_are_held_too(peopled: Store) -> None:
    with pytest.raises(InvalidInput, match="The purpose"):
        with peopled.transaction("ada", now=NOW) as tx:
            note(tx, "reveal identity", "Identity:P0", new={"purpose": "Siobhan O'Brien asked"})
    rows = [{"reason": one, "kinds": [], "placed_by": "ada", "placed_at": NOW}
            for one in ("a strike", "patient Zwetschkenbaum")]  # fmt: skip
    with pytest.raises(InvalidInput, match="The reason seems to hold the family name"):
        with peopled.transaction("ada", now=NOW) as tx:
            add_batch(tx, LegalHold, rows)
    with peopled.reader() as reader:
        assert "a strike" not in reader.exec(select(LegalHold.reason)).all()


def test_what_is_refused_for_another_cause_stays_on_record(peopled: Store) -> None:
    with peopled.reader() as reader:
        before = count_events(reader)
    with pytest.raises(Refused), peopled.transaction("ada", "scanner replaced", now=NOW):
        raise Refused("Not now.")
    with peopled.reader() as reader:
        assert count_events(reader) == before + 1


@pytest.mark.requirement("REG-112")
@pytest.mark.parametrize("lost", ["mapping", "key", "damaged", "older"])
def test_without_the_mapping_what_is_written_as_an_identity_is_still_found(
    store: Store, lost: str
) -> None:
    mapping = identity_store(store)
    mapping.remember([Identity("P1", "patient", (("PatientName", "Zwetschkenbaum^Ottilie"),))])
    assert refused(store, "Ottilie Zwetschkenbaum called")
    if lost == "mapping":
        store.workspace.identity.unlink()
    elif lost == "key":
        key_file(store, "identity", 1).unlink()
    elif lost == "damaged":
        store.workspace.identity.write_bytes(b"no database" * 400)
    else:
        _forget(store)
    assert refused(store, "Ottilie Zwetschkenbaum called") == ""
    assert "a date of birth" in refused(store, "Ottilie, born 3 May 1956, called")


def _forget(store: Store) -> None:
    """As an earlier version left the mapping: without digests."""
    import sqlite3

    with sqlite3.connect(store.workspace.identity) as connection:
        connection.execute("DROP TABLE known")
        connection.execute("DROP TABLE known_form")


def test_a_mapping_of_an_earlier_version_learns_everybody_with_the_next_arrival(
    store: Store,
) -> None:
    mapping = identity_store(store)
    mapping.remember([Identity("P1", "patient", (("PatientName", "Zwetschkenbaum^Ottilie"),))])
    _forget(store)
    mapping.remember([Identity("P2", "patient", (("PatientName", "Krautwurst^Fritz"),))])
    assert refused(store, "Ottilie Zwetschkenbaum called")
    assert refused(store, "Fritz Krautwurst called")


def test_who_was_corrected_is_known_by_both_names_and_a_new_key_knows_them_too(
    store: Store, now: datetime
) -> None:
    mapping = identity_store(store)
    mapping.remember([Identity("P1", "patient", (("PatientName", "Zwetschkenbaum^Ottilie"),))])
    mapping.revise([Identity("P1", "patient", (("PatientName", "Krautwurst^Ottilie"),))])
    assert refused(store, "Ottilie Zwetschkenbaum called")
    assert refused(store, "Ottilie Krautwurst called")
    former = key_file(store, "identity", 1).read_bytes()
    newer = os.urandom(32)
    type(mapping)(store.workspace.identity, newer, former=[former]).seal_anew()
    assert refused(store, "Ottilie Krautwurst called") == ""  # its file is not here yet
    key_file(store, "identity", 2).write_bytes(newer)
    os.utime(store.workspace.identity)
    assert refused(store, "Ottilie Zwetschkenbaum called")


def test_the_file_of_the_mapping_tells_nobody_by_its_digests(peopled: Store) -> None:
    content = peopled.workspace.identity.read_bytes().lower()
    for told in (b"zwetsch", b"ottilie", b"4471", b"19560503", b"muller", b"a20261103"):
        assert told not in content
    with PeopleOfWorkspace(peopled.workspace) as people:
        assert repr(people) == "KnownPeople()"


def test_a_verdict_whose_figure_is_somebodys_number_suspends_all_the_same(peopled: Store) -> None:
    """What programs write is not held against identities: a fail-safe would be refused for it."""
    with pytest.raises(ZeroDivisionError), peopled.transaction("ada", "judge", now=NOW) as tx:
        figures = "inferior: sensitivity 0.5 (0.4 to 0.6, 900112233)"
        one = Revalidation(
            model_version_id=1, site="Nord", trigger="schedule", period_from=NOW.date(),
            period_to=NOW.date(), comparison={}, outcome="degraded", conclusion=figures,
            revalidated_at=NOW, verdict="inferior",
        )
        assert typed_texts("Revalidation", one.model_dump()) == []
        with pytest.raises(InvalidInput):
            require_names_nobody(tx, peopled.workspace, [("problem", figures)], now=NOW)
        for verdict, means in WHEN.items():
            require_names_nobody(
                tx, peopled.workspace, [("problem", f"RVL-0001 is {verdict}: {means}")], now=NOW
            )
        raise ZeroDivisionError


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


NOT_TYPED = words("""
    clinician
    about acts architecture actor assigned body_part categories chart classes code commit counts
    criterion deidentification details detail device devices definition expectations facts files
    figures fingerprint finding findings flags full_name holder holders host html_digest identity
    instance_uid invalid_tags issuer items journey kind kinds measure method missed modality mode
    model model_name name number occasion order origin outcome outputs params part patient
    patient_after patient_before point points prepared printed_name proposed_role reader
    reading_order recipient region regimes role roles rule rules scheme scope service severity sex
    site sites software software_version source splits state statement status step stratum
    sop_class study_uid subgroup suite summary subject_name trade_name trigger vault_path verdict
    verdicts view way web zone owner due links effectiveness closed_as
    meaning attributes certification manufacturer signed_fields
    harm codes involved similar_to completeness person_class set_aside jurisdiction rule_ids clocks
    decision event_type form reference_status rule_version
""")
"""Columns that hold codes, names of accounts and sites, and what programs write."""
NOT_TYPED_HERE = words("""
    FieldAction.incidents FieldAction.languages FieldAction.ties FieldAction.versions
    Site.country Site.telephone
    FieldActionCheck.result FieldActionCheck.totals FormVersion.changed FormVersion.edition
    FormVersion.faults FormVersion.missing FormVersion.sources
    DayOverride.citation DayOverride.key WorkReminder.key WorkReminder.record WorkReminder.routes
    GoLive.judgement GoLive.planned Rollout.progress Rollout.stages
    AcceptanceResult.reason AdjudicationReading.answer AdjudicationSample.design
    ApplicationEntity.title AwarenessCandidate.grounds AwarenessCandidate.words
    ClockInstance.answer Complaint.channel
    ChartBaseline.reason ChartPoint.reason DatasetVersion.datasheet Evaluation.purpose
    EvaluationResult.reason Message.body Message.title MonitoringPlan.content Alert.evidence
    Notice.words
    PlanCheck.inputs PlanCheck.lines PlanCheck.result Prediction.embedding
    RegimeDecision.answer RegimeDecision.compared_with RegimeDecision.found
    RegimeDecision.questions RegimeDecision.regime RegimeDecision.result
    RegimeDecision.rule_sets RegimeDecision.rule_version RuleSetApproval.version
    TrendDecision.answer TrendDecision.proposed TrendLook.rows
    Prediction.outputs Quarantine.reason RadiologyReport.report_key ReaderAssessment.evidence
    IncidentReplay.studies IncidentReplay.charts IncidentReplay.conclusion Message.record
    RenewedReference.grounds Revalidation.judgement Revalidation.conclusion
    ProblemReport.decision RiskItem.observed RiskItem.code RiskItem.category
    Document.changed DocumentText.place ReviewComment.place
    ChecklistAnswer.answer ChecklistAnswer.page ChecklistAnswer.question
    RiskReview.rows RiskReview.new_hazards SoupReview.gaps TestRun.outcomes TestRun.tags
    TestRun.software_version RiskFile.device_name VulnerabilityTriage.component
    VulnerabilityTriage.version VulnerabilityTriage.advisory VulnerabilityTriage.affected_range
    VulnerabilityTriage.summary VulnerabilityTriage.decision VulnerabilityTriage.justification
    ReaderAssessment.response ReferenceStandard.evidence RetentionFact.value
    Revalidation.comparison SeriesChoice.reason Study.purpose WorkspaceMark.note
""") | {
    f"{table.__name__}.{one.name}" for table in FACTS for one in columns_of(table)
    if one.choices or one.form == "labels" or (one.pattern and one.name != "key")
} | {f"{table.__name__}.device_name" for table in FACTS}
"""Columns whose name sounds as if people typed them, and that programs write; columns of facts in
which only words of a list, labels or numbers of a form can stand."""


def test_every_column_of_text_is_known_to_be_typed_or_not() -> None:
    unknown = [
        f"{table.__name__}.{column.key}"
        for table in RECORDS for column in inspect(table).column_attrs
        if type(column.columns[0].type).__name__ in ("AutoString", "Text", "JSON")
        and column.key not in TYPED.get(table.__name__, ())
        and column.key not in NOT_TYPED
        and f"{table.__name__}.{column.key}" not in NOT_TYPED_HERE
        and not column.key.endswith(("digest", "_hash", "_by"))
    ]
    assert not unknown, f"put into records/typed_columns.py, or NOT_TYPED here: {unknown}"


def test_every_typed_column_is_there() -> None:
    tables = {table.__name__: {one.key for one in inspect(table).column_attrs} for table in RECORDS}
    assert {(kind, one) for kind, names in TYPED.items() for one in names
            if one not in tables.get(kind, ())} == set()  # fmt: skip
