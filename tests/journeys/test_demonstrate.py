"""One whole life of a device, small: every step leaves records, and any interruption resumes."""

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, func, select

from imaging.ingest import ingest
from journeys import demonstration_steps, take_in, watch_day
from journeys.demonstrate import LOCK, STEPS, demonstrate
from journeys.demonstration_order import Order
from journeys.simulated_subjects import Scale
from journeys.summarise import Summary
from records.audit import count_events
from records.cases import Instance, Prediction, ReferenceStandard, Study
from records.errors import IntegrityBroken, Refused, Unavailable
from records.product import Deployment, ModelVersion
from records.quality import ChangeRequest, Document
from records.settings import Workspace
from records.signatures import is_valid, signatures_on
from records.store import Store, open_store
from records.surveillance import Alert, DriftReport, MonitoringRun
from records.verify import verify_records

pytestmark = pytest.mark.proof  # a minute; a day through Dagster trains and watches in make test

SMALL = Scale(days=8, change_day=3, development_per_site=130, daily_per_site=12)


class Interrupted(RuntimeError):
    """Somebody pulled the plug."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demonstration") / "workspace"


@pytest.fixture(scope="module")
def finished(home: Path) -> Summary:
    """A small demonstration, interrupted in intake and twice in operation, and then finished."""
    order = Order(seed=11, scale=SMALL, workers=1)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(take_in, "ingest", _unplugged_at_call(3, ingest))
        with pytest.raises(Interrupted):
            demonstrate(home, order)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(
            demonstration_steps, "watch_day", _unplugged_at_call(4, watch_day.watch_day)
        )
        with pytest.raises(Interrupted):
            demonstrate(home, order)
    with pytest.MonkeyPatch.context() as patched:
        # The fifth call is day 7, whose charts are stepped already, and which ends a week.
        patched.setattr(
            watch_day, "compare_tables", _unplugged_at_call(5, watch_day.compare_tables)
        )
        with pytest.raises(Interrupted):
            demonstrate(home, order)
    return demonstrate(home, order)


def _unplugged_at_call(number: int, real: Callable[..., Any]) -> Callable[..., Any]:
    calls = iter(range(1, 1000))

    def interrupted(*arguments: Any, **named: Any) -> Any:
        if next(calls) == number:
            raise Interrupted
        return real(*arguments, **named)

    return interrupted


@pytest.fixture
def records(finished: Summary, home: Path) -> Iterator[Store]:
    store = open_store(Workspace(home), url="")
    yield store
    store.close()


def test_every_step_is_recorded_with_its_seconds(finished: Summary) -> None:
    assert set(finished.to_dict()["seconds"]) == {step.name for step in STEPS}
    assert finished.to_dict()["resumed"] is True


def test_every_file_is_accounted_for_whichever_attempt_took_it_in(
    finished: Summary, records: Store, home: Path
) -> None:
    intake = finished.to_dict()["intake"]
    with records.reader() as reader:
        stored = reader.exec(
            select(func.count()).select_from(Instance).join(Study)
            .where(Study.purpose != "clinical")
        ).one()
    assert intake["stored"] == stored > 0
    assert intake["files"] == stored + sum(intake["quarantined"].values())
    assert intake["files"] == len(list(home.glob("incoming/*/development/*")))
    assert intake["duplicate"] == 0


def test_operation_is_told_whole_whichever_attempt_did_it(
    finished: Summary, records: Store
) -> None:
    told = finished.to_dict()["surveillance"]
    with records.reader() as reader:
        reports = reader.exec(select(func.count()).select_from(DriftReport)).one()
        alerts = reader.exec(select(func.count()).select_from(Alert)).one()
    assert told["days"] == SMALL.days
    assert told["predictions"] == 3 * SMALL.days * SMALL.daily_per_site
    assert told["drift_reports"] == reports > 0
    assert told["alerts_raised_now"] == alerts


def test_the_interrupted_day_is_finished_once(records: Store) -> None:
    with records.reader() as reader:
        runs = reader.exec(select(MonitoringRun).order_by(col(MonitoringRun.day))).all()
        clinical = reader.exec(
            select(func.count()).select_from(Study).where(Study.purpose == "clinical")
        ).one()
        predicted = reader.exec(
            select(func.count())
            .select_from(Prediction)
            .join(Study)
            .where(Study.purpose == "clinical")
        ).one()
    assert len(runs) == SMALL.days
    assert clinical == predicted == 3 * SMALL.days * SMALL.daily_per_site
    assert all(run.studies == 3 * SMALL.daily_per_site for run in runs)


def test_a_weekly_report_is_not_lost_by_an_interruption(records: Store) -> None:
    with records.reader() as reader:
        runs = reader.exec(select(MonitoringRun).order_by(col(MonitoringRun.day))).all()
        reports = reader.exec(select(DriftReport)).all()
    assert (runs[6].day, "weekly") in [(one.day, one.occasion) for one in reports]


def test_truth_arrives_late(records: Store) -> None:
    with records.reader() as reader:
        rows = reader.exec(
            select(col(ReferenceStandard.known_on), col(Study.arrived_on))
            .join(Study, col(Study.id) == ReferenceStandard.study_id)
            .where(Study.purpose == "clinical")
        ).all()
    assert rows
    assert all(known > arrived for known, arrived in rows)


def test_the_decision_follows_the_declared_criteria(finished: Summary, records: Store) -> None:
    content = finished.to_dict()
    met = all(one["verdict"] == "met" for one in content["criteria"])
    assert content["release"]["outcome"] == ("released" if met else "refused")
    with records.reader() as reader:
        modes = set(reader.exec(select(Deployment.mode)).all())
        returned = set(
            reader.exec(
                select(Prediction.returned_to_care).where(
                    col(Prediction.deployment_id).is_not(None)
                )
            ).all()
        )
        status = reader.exec(select(ModelVersion.status)).one()
    assert modes == {"live" if met else "shadow"}
    assert returned == {met}
    assert status == ("released" if met else "refused")


def test_two_people_signed_what_was_decided(records: Store) -> None:
    with records.reader() as reader:
        change = reader.exec(select(ChangeRequest)).one()
        signed = signatures_on(reader, change)
        assert len({one.signer_id for one in signed}) == 2
        assert len({one.role for one in signed}) == 2
        assert all(is_valid(one, change) for one in signed)


def test_evidently_ran_once_a_week_or_at_an_alert(finished: Summary, records: Store) -> None:
    with records.reader() as reader:
        reports = reader.exec(select(DriftReport)).all()
    assert reports
    assert all(report.current_rows <= 2000 and report.reference_rows <= 2000 for report in reports)
    assert len({report.day for report in reports}) == len(reports)


def test_four_documents_are_signed_and_marked(records: Store, home: Path) -> None:
    from pypdf import PdfReader

    with records.reader() as reader:
        documents = reader.exec(select(Document)).all()
        assert {one.kind for one in documents} == {
            "validation_report", "performance_monitoring_report", "change_log", "audit_export"
        }
        for document in documents:
            assert document.status == "effective"
            signed = signatures_on(reader, document)
            assert len(signed) == (3 if document.kind == "validation_report" else 2)
            assert all(is_valid(one, document) for one in signed)
    for path in sorted((home / "exports").glob("*.pdf")):
        for page in PdfReader(path).pages:
            text = page.extract_text().replace("\u200b", "")  # pypdf puts them between glyphs
            assert "DEMONSTRATION: simulated data and signers" in text


def test_the_trail_is_whole_and_an_altered_byte_is_found(
    finished: Summary, records: Store
) -> None:
    trail = finished.to_dict()["audit_trail"]
    assert trail["whole"]
    assert trail["altered_found"]
    assert trail["cut_tail_found"]
    with records.reader() as reader:
        assert verify_records(reader).whole


@pytest.mark.requirement("REG-112")
def test_no_identity_of_a_patient_is_in_the_records(records: Store, home: Path) -> None:
    """The simulator's patients have names; none is in the database or the documents."""
    from imaging.sources.cases import _FAMILY

    content = (home / "radvigil.db").read_bytes()
    for name in _FAMILY:
        assert f"{name}^".encode() not in content


def test_running_it_again_changes_nothing(finished: Summary, home: Path) -> None:
    store = open_store(Workspace(home), url="")
    with store.reader() as reader:
        before = count_events(reader)
    store.close()
    again = demonstrate(home, Order(seed=11, scale=SMALL, workers=1))
    assert again.to_dict()["unchanged"] is True
    assert again.to_dict()["performance"] == finished.to_dict()["performance"]
    store = open_store(Workspace(home), url="")
    with store.reader() as reader:
        assert count_events(reader) == before
    store.close()


def test_a_finished_demonstration_that_was_altered_is_not_called_whole(
    finished: Summary, home: Path, tmp_path: Path
) -> None:
    altered = tmp_path / "workspace"
    shutil.copytree(home, altered, symlinks=True)
    database = altered / "radvigil.db"
    content = database.read_bytes()
    assert b"demonstration step 'operate'" in content
    database.write_bytes(content.replace(b"step 'operate'", b"step 'operatE'"))
    with pytest.raises(IntegrityBroken, match="not whole any more"):
        demonstrate(altered, Order(unspecified=True))


def test_without_options_the_finished_demonstration_is_meant_whatever_its_options_were(
    finished: Summary, home: Path
) -> None:
    again = demonstrate(home, Order(unspecified=True))
    assert again.to_dict()["unchanged"] is True
    assert "nothing was changed" in str(again)


def test_another_order_over_it_is_refused(finished: Summary, home: Path) -> None:
    with pytest.raises(Refused, match="another demonstration"):
        demonstrate(home, Order(seed=12, scale=SMALL, workers=1))


def test_two_at_once_in_one_folder_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, order = tmp_path / "workspace", Order(seed=1, scale=SMALL)
    refused = []

    def begin_another(*_given: Any, **_named: Any) -> None:
        with pytest.raises(Unavailable, match="Another demonstration is running"):
            demonstrate(home, order)
        refused.append(True)
        raise Interrupted

    monkeypatch.setattr(demonstration_steps, "make_simulated", begin_another)
    for again in (False, True, False):  # the second puts the first aside
        with pytest.raises(Interrupted):
            demonstrate(home, order, again=again)
    assert len(refused) == 3
    assert (tmp_path / "workspace.1").is_dir()


def test_a_live_workspace_is_never_touched(store: Store, now: datetime) -> None:
    from records.clock import mark_workspace
    from records.product import WorkspaceKind

    with store.transaction("ada", now=now) as tx:
        mark_workspace(tx, WorkspaceKind.LIVE, now=now)
    store.close()
    with pytest.raises(Refused, match="live"):
        demonstrate(store.workspace.home, Order(seed=1))
    assert not (store.workspace.home / LOCK).exists()


def test_a_demonstration_never_becomes_live(records: Store) -> None:
    from records.clock import mark_workspace
    from records.product import WorkspaceKind

    with pytest.raises(Refused, match="can never become live"):
        with records.transaction("ada", now=datetime.now(UTC)) as tx:
            mark_workspace(tx, WorkspaceKind.LIVE, now=datetime.now(UTC))


def test_a_folder_that_is_not_a_workspace_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(Refused, match="not empty"):
        demonstrate(tmp_path, Order(seed=1))


def test_the_summary_says_what_to_open_next(finished: Summary) -> None:
    text = str(finished)
    for part in ("DEMONSTRATION", "WHAT WAS DECIDED", "serve", "demo.quality", "audit verify"):
        assert part in text


def test_the_summary_names_every_document_by_its_pdf(finished: Summary, home: Path) -> None:
    text = str(finished)
    pdfs = sorted(path.name for path in (home / "exports").glob("*.pdf"))
    assert len(pdfs) == 4
    assert all(name in text for name in pdfs)
    assert "came twice; in quarantine:" in text
