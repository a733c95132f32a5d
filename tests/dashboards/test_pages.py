"""Every page over a populated workspace: what it shows, and under which banner."""

import json
import re
from datetime import UTC, datetime
from html import unescape
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from sqlmodel import select
from streamlit.testing.v1 import AppTest

from records.clock import REAL_IMAGES
from records.lookup import EventFilter, find_events
from records.people import find_actor
from records.product import WorkspaceMark
from records.store import Store
from tests.dashboards.conftest import BANNER, Visit, text_of
from tests.dashboards.small_workspace import TODAY

PAGES = {
    "overview": ("What needs you today", "ALT-0001", "rv-spark", "first visit on record",
                 "How every chart stands", "CHR-0001", "DOC-26-0001 v1", "shadow",
                 ">0.912<", "95 % CI 0.874 to 0.951, n = 300",
                 ">not estimable<", "no study was flagged (n = 0)"),
    "alerts": ("Triage", "ALT-0001", "severity: high", "Timeline of ALT-0001", ">raised<",
               "Who works on it", "CAPA and incidents", "Sensitivity fell at south clinic"),
    "control-charts": ("Image noise at south clinic", "Compared with 200 reference studies",
                       "Which verdict counts", "The same at other sites", "rv-spark"),
    "drift-and-alerts": ("Where every chart stands", "ALT-0001 open",
                         "statistic 6.20, limit 2.40", "rv-spark"),
    "performance": ("Is it as good as claimed?", "Sensitivity where the truth is known",
                    ">degraded<", "RVL-0001"),
    "data-quality": ("Refused files", "QUA-0001", "not a DICOM file", "in quarantine"),
    "revalidations": ("What is owed", "No use was suspended", "RVL-0001", "south clinic",
                      ">degraded<", "judged by point estimates alone", "None was opened.",
                      "None was replayed"),
    "capas": ("No CAPA was needed", "None was opened.", "Open a CAPA, or decide by signature"),
    "incidents": ("Nothing is owed of complaints", "No complaint was received", "No incident was",
                  "no period is over that began after the plan",
                  "Must it be reported as a correction?"),
     "risks": ("No risk file of chest-radiograph-pneumonia was recorded", "Locked components",
               "No results of tests were handed in", "No problem was reported"),
     "rollouts": ("No trial was planned", "No rollout was planned", "No version was taken back",
                  ">shadow<", "Where a version ran"),
    "keeping": ("What is due", "refused files", "No hold is in force.", "Files due"),
    "reference-standards": ("The strongest wins, by the default order: histology",
                            "read no study in operation yet"),
    "readers": ("What readers make of the output",),
    "here": ("How is it doing here", "north hospital", "of no flagged study the reference",
             "1 open", "A miss is known only where the reference standard came back"),
    "discordance": ("Discordant cases", "No disagreement became known in 2026-03"),
    "documents": ("DOC-26-0001", "Demo Regulatory Officer", "1 valid", "1 gap<",
                  "Conclusion of the quality manager"),
    "facts": ("Missing is not zero", "No fact of kind organisation is recorded",
              "Annex I, 1: nobody said whether it applies."),
    "deadlines": ("What has a day", "No incident was assessed yet", "Periodic reports",
                  "Labels and what is to be done only"),
    "audit-trail": ("events fit", "service:surveillance", "sign in"),
    "pending-changes": ("AC-1", "2e" * 32, "Demo Engineer", "needs valid signatures",
                        "does not apply", "It would not pass now", "ACR-0001",
                        "nobody yet", "No rollout was planned", "It was not taken back anywhere"),
    "models": ("chest-1.0", "north hospital: live since 2026-01-05", "trained on",
               "1 of 1 criteria met", "none yet: &#x27;radvigil document compile model_card"),
    "datasets": ("chest-1", "Frozen datasets",
                 "one frozen dataset: there is nothing to hold it against"),
    "pipelines": ("Dagster has not run in this workspace yet",),
    "truth-kinds": ("How good a product is by report text", "radvigil monitor compare-truth"),
    "validations": ("What was found beyond the locked tests", "radvigil model validate"),
}  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_every_page_shows_what_is_stored_under_the_banner(visit: Visit, page: str) -> None:
    app = visit("demo.quality", page)
    words = text_of(app)
    assert not app.exception
    assert BANNER in words
    assert "It is 2026-03-06 here" in words
    assert not re.findall(r"(?<!EU )(?<!FDA )\bMDR\b.{20}", words), "'MDR' alone is two laws"
    for expected in PAGES[page]:
        assert expected in words, expected
    copies = [one for one in app.get("download_button") if one.label == "CSV"]
    assert len(copies) == words.count('<table class="rv-table">'), "a table not taken along"


@pytest.mark.requirement("REG-016")
def test_the_trail_is_filtered_and_verified(visit: Visit, records: Store) -> None:
    app = visit("demo.regulatory", "audit-trail")
    app.selectbox(key="trail-actor").set_value("demo.engineer").run()
    words = text_of(app)
    assert "Signature:1" in words
    assert "service:surveillance</td>" not in words
    app.selectbox(key="trail-actor").set_value("any")
    app.text_input(key="trail-reason").set_value("WATCH").run()
    words = text_of(app)
    assert "looked for since 2025-12-06" in words
    assert "service:surveillance" in words
    app.text_input(key="trail-reason").set_value("")
    app.text_input(key="trail-subject").set_value("nothing-1").run()
    assert "names no record" in app.error[0].value
    app.text_input(key="trail-subject").set_value("ALT-0001").run()
    assert "1 events fit" in text_of(app)
    assert "No verification is on record yet." in text_of(app)
    app.button(key="verify").click().run()
    assert "Whole:" in app.success[0].value
    words = unescape(text_of(app.run()))
    assert "Last verified 2026-03-06 18:00 UTC by demo.regulatory: whole" in words
    with records.reader() as reader:
        (event,) = find_events(reader, action="verify audit trail")
    assert json.loads(event.new)["findings"] == 0


@pytest.mark.requirement("REG-016", "REG-018")
def test_the_events_that_fit_are_exported_and_that_is_an_event(records: Store) -> None:
    from dashboards.desk import Desk
    from dashboards.views.audit_trail import _exported

    with records.reader() as reader:
        desk = Desk(records, reader, find_actor(reader, "demo.regulatory"), TODAY, True)
        content = _exported(desk, EventFilter(subject="Alert:1"))
    names = ZipFile(BytesIO(content)).namelist()
    assert [one for one in names if one.endswith(".jsonl")]
    assert [one for one in names if one.endswith(".sig")]
    with records.reader() as reader:
        assert find_events(reader, action="export", actor="demo.regulatory")


@pytest.mark.requirement("REG-016")
def test_everything_about_one_record_is_read_and_taken_along(
    visit: Visit, records: Store
) -> None:
    app = visit("demo.regulatory", "audit-trail")
    app.text_input(key="history-record").set_value("CHR-0001").run()
    words = text_of(app)
    assert "CHR-0001: " in words
    assert "Everything about one record" in words
    assert {one.label for one in app.get("download_button")} == {
        "CSV", "Download PDF", "Download JSON Lines", "Download CSV",
        "Export these events (JSON Lines, CSV, signed)",
    }
    app.text_input(key="history-record").set_value("nothing").run()
    assert "'nothing' names no record" in app.error[0].value


def test_a_row_altered_behind_the_trail_is_named(visit: Visit, records: Store) -> None:
    from sqlalchemy import text

    with records.engine.connect() as connection:
        connection.execute(text("UPDATE alert SET severity = 'low'"))
        connection.commit()
    app = visit("demo.regulatory", "audit-trail")
    app.button(key="verify").click().run()
    assert "Broken:" in app.error[0].value
    assert "Alert:1 was altered outside the system: severity" in text_of(app)


def test_a_missing_workspace_is_said_on_a_clear_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.dashboards.conftest import APP

    monkeypatch.setenv("RADVIGIL_HOME", str(tmp_path / "nowhere"))
    app = AppTest.from_file(str(APP), default_timeout=60).run()
    assert not app.exception
    assert "There is no Radvigil workspace at" in app.error[0].value


def test_real_images_are_not_called_simulated(visit: Visit, records: Store) -> None:
    with records.transaction("radvigil", "begin", now=datetime.now(UTC)) as tx:
        mark = tx.exec(select(WorkspaceMark)).one()
        mark.note = REAL_IMAGES
        tx.add(mark)
    words = text_of(visit("demo.quality"))
    assert "DEMONSTRATION: real images, simulated operation and signers" in words
    assert BANNER not in words
