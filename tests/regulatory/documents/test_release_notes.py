"""One query, three audiences: regulators, users, the maker's own people."""

import re
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from records.problem_reports import ProblemReport
from records.product import Device
from records.settings import Workspace
from records.store import Store, open_store
from regulatory.compile import Compiled, Request, content_now, set_in_type
from regulatory.documents.blocks import Table
from regulatory.documents.content import placed_gaps
from regulatory.rule_sets import DOCUMENTS, _templates, approval_words
from tests.dashboards.small_workspace import TODAY
from tests.regulatory.later_version import approve_rules, candidate, in_use

NAME = "chest-radiograph-pneumonia"
KINDS = ("change_log", "release_notes", "internal_change_log")
INTERNAL = re.compile(r"\b[A-Z]{3}-\d{4}\b|\b[0-9a-f]{12,}|demo\.|assess|CHR|criterion|seed", re.I)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Two released versions, the second with a narrower use, and four problems."""
    opened = open_store(Workspace(tmp_path_factory.mktemp("w") / "workspace").create(), url="")
    in_use(opened)
    with opened.reader() as reader:
        barred = reader.get_one(Device, 1).definition["contraindications"]
    version = candidate(opened, definition={"contraindications": [*barred, "infants"]})
    with opened.transaction("demo.quality", "reported", now=TODAY) as tx:
        for words, severity in (
            ("Flag missing on lateral views", "serious"), ("Typing error on the page", "none"),
            ("Stops on empty files", "minor"), ("Late results", "unknown"),
        ):  # fmt: skip
            tx.add(ProblemReport(model_version_id=1, words=words, severity=severity,
                                 reported_by="demo.engineer", reported_at=TODAY))  # fmt: skip
    with opened.engine.begin() as raw:
        raw.execute(text("UPDATE model_version SET status = 'released' WHERE id = 2"))
        raw.execute(text("UPDATE problem_report SET status = 'known anomaly', rationale = 'rare', "
                         "risk_evaluation = 'low' WHERE id < 3"))  # fmt: skip
        raw.execute(text("UPDATE problem_report SET status = 'fixed', fixed_in = :name "
                         "WHERE id = 3"), {"name": version.name})  # fmt: skip
        raw.execute(text(
            "INSERT INTO change_request (device_id, model_version_id, title, description, reason, "
            "proposed_by, proposed_at, status, assessment, decided_at) SELECT 2, 2, 'second', "
            "'seed 7 of run 12', 'drift', proposed_by, proposed_at, 'released', '{}', "
            "'2026-04-01 08:00:00.000000' FROM change_request WHERE id = 1"
        ))  # fmt: skip
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def made(store: Store) -> dict[str, Compiled]:
    with store.reader() as reader:
        return {
            kind: set_in_type(kind, *content_now(reader, Request(kind, NAME), now=TODAY))
            for kind in KINDS
        }


def words(made: Compiled) -> str:
    return str(made.content.sections)


@pytest.mark.requirement("REG-095")
def test_users_are_told_changes_actions_and_anomalies_without_the_makers_words(
    made: dict[str, Compiled],
) -> None:
    notes = words(made["release_notes"])
    for said in (
        "Version chest-1.1", "The model was trained anew", "New: not to be used for: infants.",
        "Do not use the device for: infants.", "You are told 7 days before it is used",
        "Flag missing on lateral views", "known, not corrected", "being evaluated",
        "without effect on safety, and that are not listed: 1.", "Stops on empty files",
        "Corrected in the newest version", "Smallest picture", "What is claimed",
    ):
        assert said in notes, said
    assert "Typing error" not in notes
    assert not INTERNAL.search(notes), INTERNAL.search(notes)
    assert [where for where, _ in placed_gaps(made["release_notes"].content)] == ["1", "2"]


@pytest.mark.requirement("REG-095")
def test_regulators_and_the_makers_people_see_every_version_and_what_was_decided(
    made: dict[str, Compiled],
) -> None:
    for kind in ("change_log", "internal_change_log"):
        assert "MDV-0001" in words(made[kind]) and "MDV-0002" in words(made[kind]), "all revisions"
        assert "seed 7 of run 12" in words(made[kind])
    assert "Typing error" not in words(made["change_log"])
    inside = words(made["internal_change_log"])
    for said in ("Typing error", "rare", "not evaluated", "PRB-0004", "by demo.engineer"):
        assert said in inside, said
    numbers = {one.basis.number for one in made.values()}
    assert numbers == {f"DOC-27{letter}-{NAME}" for letter in ("", "U", "I")}


def test_a_release_record_says_what_differs_from_the_version_before(store: Store) -> None:
    with store.reader() as reader:
        content = content_now(reader, Request("release_record", NAME), now=TODAY)[1]
    (table,) = [
        one for one in content.sections[1].blocks
        if isinstance(one, Table) and one.caption == "Differences from chest-1.0 (MDV-0001)"
    ]
    told = {(kind.text, what.text): said.text for kind, what, said in table.rows}
    assert told["model", "weights"] == "changed"
    assert told["model", "architecture"] == "as before"
    assert told["contraindication", "infants"] == "added"
    (other,) = [one for one in content.sections[10].blocks if isinstance(one, Table)]
    assert [(row[2].text, row[3].text) for row in other.rows] == [
        ("chest-1.0 (MDV-0001)", "released")
    ]


@pytest.mark.requirement("REG-124")
def test_a_document_says_who_approved_its_templates_or_that_nobody_has(store: Store) -> None:
    def said() -> str:
        with store.reader() as reader:
            found = content_now(reader, Request("change_log", NAME), now=TODAY)
            made = set_in_type("change_log", *found)
        (words,) = (one for one in made.content.header.rule_sets if one.startswith("templates: "))
        assert words in made.rendered.json.decode()
        return words.partition("; approved: ")[2]

    assert said().startswith("no: nobody has approved these templates (SHA-256 ")
    approve_rules(store)
    assert re.match(r"RSA-\d{4}, by demo\.regulatory, 2026-03-06 18:00 UTC", said())
    with store.reader() as reader:
        assert approval_words(reader, "forms").startswith("RSA-")
    layout = DOCUMENTS / "templates" / "document.typ"
    assert {layout, DOCUMENTS / "change_log.py"} <= set(_templates())
