"""An exported document is held against its records: whatever was changed, the figure is named."""

import json
import shutil
import sqlite3
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.app import app
from journeys.tell import export_document, write_document
from journeys.trace_figure import find_document, trace_figure
from journeys.verify_export import Verdict, verify_export
from journeys.verify_offline import verify_offline
from records.errors import InvalidInput, NotFound
from records.lookup import find_record
from records.product import Deployment
from records.quality import Document
from records.services import ensure_service
from records.settings import Workspace
from records.store import Store, open_store
from regulatory.compile import Request
from regulatory.held_figures import (
    ABSENT,
    ALTERED,
    CHANGED,
    FILE,
    MISSING,
    SUPERSEDED,
    TRAIL,
)
from tests.regulatory.gathering import small_operation as operation
from tests.regulatory.gathering import small_store as small

KIND = "performance_monitoring_report"
NOW = small.at(30)
pytestmark = pytest.mark.proof
ESTIMATE = (
    "3/performance-in-the-period-by-model-version/mdv-0001.all-its-sites.all.sensitivity/estimate"
)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A workspace with a report about three days, and the folder that it was exported to."""
    home, out = tmp_path_factory.mktemp("kept"), tmp_path_factory.mktemp("out")
    store = open_store(Workspace(home / "workspace").create(), url="")
    with store.transaction("demo.engineer", "develop", now=small.at(9)) as tx:
        device = small.add_device(tx)
        version = small.add_version(tx, device, small.add_development(tx, device))
        ensure_service(tx, "service:export", now=small.at(9))
    with store.transaction("watch", "operate", now=small.at(operation.FIRST + 2, 20)) as tx:
        operation.add_operation(tx, tx.merge(version))
    request = Request(KIND, small.DEVICE, operation.PERIOD, requested_by="service:documents")
    draft = write_document(store, request, actor="service:documents", now=NOW)
    export_document(store, draft, out, actor="service:export", now=NOW)
    store.close()
    return home / "workspace", out


@pytest.fixture
def exported(kept: tuple[Path, Path], tmp_path: Path) -> Path:
    """The exported files, to be changed."""
    return Path(shutil.copytree(kept[1], tmp_path / "out"))


@pytest.fixture
def records(kept: tuple[Path, Path], tmp_path: Path) -> Iterator[Store]:
    """The records, to be changed."""
    home = Path(shutil.copytree(kept[0], tmp_path / "workspace"))
    store = open_store(Workspace(home), url="")
    yield store
    store.close()


def of(folder: Path, kind: str) -> Path:
    return next(one for one in folder.iterdir() if one.name.endswith(f"-v1.{kind}"))


def named(verdict: Verdict, what: str) -> set[str]:
    return {one.cell for one in verdict.differences if one.what == what}


def altered(store: Store, statement: str) -> None:
    """Change the database as its owner could, triggers dropped."""
    store.close()
    with sqlite3.connect(store.workspace.database) as raw:
        names = raw.execute("SELECT name FROM sqlite_master WHERE type='trigger'").fetchall()
        for (name,) in names:
            raw.execute(f"DROP TRIGGER {name}")
        raw.execute(statement)
    raw.close()


@pytest.mark.requirement("REG-033")
def test_an_untouched_export_holds_in_every_format_with_and_without_the_records(
    records: Store, exported: Path
) -> None:
    verdict = verify_export(records, exported)
    assert (verdict.differences, verdict.exit_code) == ((), 0)
    assert verdict.figures > 200
    assert {name.rpartition("-v1.")[2] for name in verdict.files} == {
        "pdf", "json", "html", "docx", "xlsx", "trace.json"
    }
    alone = verify_offline(exported)
    assert (alone.differences, alone.exit_code, alone.notes) == ((), 0, ())
    packed = exported.parent / "bundle.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for one in exported.iterdir():
            archive.write(one, f"papers/{one.name}")
    assert verify_offline(packed).differences == ()
    for one in exported.iterdir():
        if one.suffix in (".pdf", ".html", ".docx"):
            assert verify_offline(one).exit_code == 0


def html_changed(folder: Path) -> None:
    file = of(folder, "html")
    at = file.read_text().index(f'id="{ESTIMATE}"')
    text = file.read_text()
    end = text.index("</span>", at)
    file.write_text(f'{text[:at]}id="{ESTIMATE}">0.999{text[end:]}')


def docx_changed(folder: Path) -> None:
    import docx

    from regulatory.documents.writers.docx import bookmark

    file, name = of(folder, "docx"), bookmark(ESTIMATE)
    document = docx.Document(str(file))
    (start,) = document.element.body.xpath(f'//w:bookmarkStart[@w:name="{name}"]')
    start.getnext().text = "0.999 (95 % CI 0.998 to 1.000; n = 9)"
    document.save(str(file))


def xlsx_changed(folder: Path) -> None:
    from openpyxl import load_workbook

    file = of(folder, "xlsx")
    book = load_workbook(file)
    row = next(one for one in book["Cells"].iter_rows(values_only=True) if one[0] == ESTIMATE)
    book[str(row[1])][str(row[2])].value = "0.999 (95 % CI 0.998 to 1.000; n = 9)"
    book.save(file)


def json_changed(folder: Path) -> None:
    file = of(folder, "json")
    tree = json.loads(file.read_text())
    blocks = [block for one in tree["sections"] for block in one["blocks"]]
    table = next(one for one in blocks if "Performance in the" in one.get("caption", ""))
    row = next(one for one in table["rows"] if one[3]["text"] == "Sensitivity")
    row[4]["text"] = "0.999 (95 % CI 0.998 to 1.000; n = 9)"
    file.write_text(json.dumps(tree))


def sidecar_changed(folder: Path) -> None:
    file = of(folder, "trace.json")
    tree = json.loads(file.read_text())
    tree["cells"][ESTIMATE]["text"] = "0.999"
    file.write_text(json.dumps(tree))


CHANGES: dict[str, Callable[[Path], None]] = {
    "html": html_changed, "docx": docx_changed, "xlsx": xlsx_changed, "json": json_changed,
    "trace.json": sidecar_changed,
}  # fmt: skip


@pytest.mark.requirement("REG-033")
@pytest.mark.parametrize("kind", CHANGES)
def test_a_figure_changed_in_the_file_is_named(
    kind: str, records: Store, exported: Path
) -> None:
    CHANGES[kind](exported)
    verdict = verify_export(records, of(exported, kind))
    assert ESTIMATE in named(verdict, ALTERED)
    assert named(verdict, ALTERED) == {ESTIMATE}
    assert named(verdict, FILE) == {""}
    assert verdict.exit_code == 3
    alone = verify_offline(exported)
    assert ESTIMATE in named(alone, ALTERED)
    assert alone.exit_code == 3


def test_another_pdf_a_missing_file_and_a_foreign_signature_are_named_without_the_records(
    records: Store, exported: Path
) -> None:
    pdf = of(exported, "pdf")
    pdf.write_bytes(pdf.read_bytes() + b"\n")
    assert verify_export(records, pdf).exit_code == 3
    of(exported, "docx").unlink()
    verdict = verify_offline(exported)
    told = {(one.file.rpartition("-v1.")[2], one.place) for one in verdict.differences}
    assert ("pdf", "its SHA-256 is not the one in the manifest") in told
    assert ("docx", "it is listed in the manifest and is not here") in told
    assert ("pdf", "its signature does not fit the public key") in told
    assert verdict.exit_code == 3


def test_a_figure_that_was_cut_out_is_missed(records: Store, exported: Path) -> None:
    file = of(exported, "html")
    file.write_text(file.read_text().replace(f'id="{ESTIMATE}"', ""))
    assert ESTIMATE in named(verify_export(records, file), ABSENT)


@pytest.mark.requirement("REG-033")
def test_a_record_altered_outside_names_its_figures(
    records: Store, exported: Path
) -> None:
    cell = json.loads(of(exported, "trace.json").read_text())["cells"][ESTIMATE]
    number = int(cell["records"][0].partition("-")[2])
    altered(records, f"UPDATE evaluation_result SET n = 9 WHERE id = {number}")  # noqa: S608
    verdict = verify_export(records, of(exported, "html"))
    assert ESTIMATE in named(verdict, CHANGED)
    assert all(one.altered for one in verdict.differences)
    assert verdict.exit_code == 3


def test_an_altered_event_is_named_and_nothing_is_recomputed_from_it(
    records: Store, exported: Path
) -> None:
    altered(records, "UPDATE audit_event SET reason = 'another' WHERE sequence = 2")
    verdict = verify_export(records, of(exported, "html"))
    (one,) = verdict.differences
    assert (one.what, verdict.figures, verdict.exit_code) == (TRAIL, 0, 3)
    assert "audit event 2 was altered" in one.expected


def test_a_status_that_the_document_never_had_is_a_forgery(records: Store, exported: Path) -> None:
    file = of(exported, "html")
    text = file.read_text()
    at = text.index('id="H/status"')
    file.write_text(text[:at] + text[at:].replace(">draft<", ">effective<", 1))
    assert "H/status" in named(verify_export(records, file), ALTERED)


def test_a_record_removed_outside_names_its_figures(records: Store, exported: Path) -> None:
    cell = json.loads(of(exported, "trace.json").read_text())["cells"][ESTIMATE]
    number = int(cell["records"][0].partition("-")[2])
    altered(records, f"DELETE FROM evaluation_result WHERE id = {number}")  # noqa: S608
    verdict = verify_export(records, of(exported, "docx"))
    assert ESTIMATE in named(verdict, MISSING)
    assert verdict.exit_code == 3


def test_what_moved_on_in_order_is_told_and_is_no_damage(records: Store, exported: Path) -> None:
    with records.transaction("demo.quality", "seen", now=NOW) as tx:
        deployment = tx.get_one(Deployment, 1)
        deployment.ended_at = NOW
        tx.add(deployment)
    with records.transaction("demo.quality", "given up", now=NOW) as tx:
        document = tx.get_one(Document, 1)
        document.status = "withdrawn"
        tx.add(document)
    verdict = verify_export(records, of(exported, "xlsx"))
    changed = [one for one in verdict.differences if one.what == CHANGED]
    assert {one.records for one in changed} == {("DEP-0001",)}
    assert any("/studies" in one.cell for one in changed)
    assert named(verdict, SUPERSEDED) == {"H/status"}
    assert named(verdict, ALTERED) == set()
    assert verdict.exit_code == 1


def test_what_is_no_export_of_these_records_is_refused(records: Store, tmp_path: Path) -> None:
    for name, content in (("a.pdf", b"%PDF-1.7"), ("b.json", b"{}"), ("c.docx", b"PK"),
                          ("d.txt", b"words"), ("e.html", b"<p>x</p>")):  # fmt: skip
        (tmp_path / name).write_bytes(content)
        with pytest.raises((InvalidInput, NotFound)):
            verify_export(records, tmp_path / name)
    with pytest.raises(NotFound):
        verify_offline(tmp_path / "nothing.html")
    with pytest.raises(InvalidInput, match="neither its facts"):
        verify_offline(tmp_path / "a.pdf")


def test_a_cell_is_traced_to_its_records_and_a_wrong_one_to_the_nearest(records: Store) -> None:
    with records.reader() as reader:
        document = find_document(reader, "DOC-0001")
        assert find_document(reader, document.number).id == document.id
        with pytest.raises(NotFound, match="no document"):
            find_document(reader, "DOC-99-nothing")
        assert find_record(reader, Document, "1").id == document.id
    traced = trace_figure(records, document, ESTIMATE)
    (source,) = traced.sources
    assert source.kind == "evaluation result"
    assert "measure sensitivity" in source.says
    assert (source.status, len(source.digest)) == ("as at the freeze", 64)
    assert "estimates of the period" in traced.questions
    with pytest.raises(NotFound, match="has no cell") as caught:
        trace_figure(records, document, ESTIMATE.replace("estimate", "estimat"))
    assert ESTIMATE in str(caught.value.hint)


@pytest.mark.requirement("REG-033")
def test_the_verbs_say_it_and_their_exit_codes_tell(
    records: Store, exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    home = str(records.workspace.home)

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, ["document", *words])

    html_changed(exported)
    done = run("verify", str(of(exported, "html")), "--home", home)
    assert done.exit_code == 3
    assert f"{ALTERED}: {of(exported, 'html').name}: {ESTIMATE} says '0.999'" in done.stderr
    told = json.loads(run("verify", str(exported), "--offline", "--json").stdout)
    assert told["holds"] is False
    assert ESTIMATE in {one["cell"] for one in told["differences"]}
    held = run("verify", str(of(exported, "docx")), "--home", home)
    assert held.exit_code == 0, held.output
    assert "all hold" in held.stdout
    traced = json.loads(run("trace", "DOC-0001", ESTIMATE, "--json", "--home", home).stdout)
    assert traced["records"][0]["kind"] == "evaluation result"
    assert "evaluation result" in run("trace", "DOC-0001", ESTIMATE, "--home", home).stdout
    wrong = run("trace", "DOC-0001", "nothing/of/this", "--home", home)
    assert wrong.exit_code == 1
    assert "has no cell" in wrong.stderr
