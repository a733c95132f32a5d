"""The bill of materials leaves with its document, is held against the trail, and stays readable."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from journeys.tell import export_document, write_document
from journeys.verify_export import verify_export
from journeys.verify_offline import verify_offline
from records.services import ensure_service
from records.settings import Workspace
from records.store import open_store
from regulatory.compile import Request
from regulatory.documents.registry import BILL_OF_MATERIALS
from regulatory.held_figures import FILE
from regulatory.sbom import require_valid
from tests.regulatory.gathering import small_store as small

NOW = small.at(30)
FEW = ("pdf", "json", "trace.json")


@pytest.mark.proof
@pytest.mark.requirement("REG-103", "REG-140")
def test_the_file_goes_with_the_document_and_a_changed_one_is_named(tmp_path: Path) -> None:
    store = open_store(Workspace(tmp_path / "workspace").create(), url="")
    with store.transaction("demo.engineer", "develop", now=small.at(9)) as tx:
        device = small.add_device(tx)
        small.add_version(tx, device, small.add_development(tx, device))
        ensure_service(tx, "service:export", now=small.at(9))
    request = Request(BILL_OF_MATERIALS, small.DEVICE, requested_by="service:documents")
    draft = write_document(store, request, actor="service:documents", now=NOW)
    out = tmp_path / "out"
    files = export_document(store, draft, out, actor="service:export", now=NOW, formats=FEW)

    (name,) = [one for one in files if one.endswith(".cdx.json")]
    data = (out / name).read_bytes()
    require_valid(data)
    said = json.loads((out / name.replace(".cdx.json", ".json")).read_text())
    digest = hashlib.sha256(data).hexdigest()
    assert said["attachments"] == [{"ending": "cdx.json", "content": f"sha256:{digest}"}]
    assert digest in json.dumps(said["sections"]), "the document says which file it means"
    assert (out / f"{name}.sig").is_file()
    listed = json.loads((out / name.replace(".cdx.json", ".manifest.json")).read_text())["files"]
    assert listed[name]["sha256"] == digest

    again = tmp_path / "again"
    few = export_document(store, draft, again, actor="service:export", now=NOW, formats=FEW)
    assert few[name] == digest
    assert verify_export(store, out).differences == ()
    assert verify_offline(out).differences == ()
    changed = Path(shutil.copytree(out, tmp_path / "changed"))
    (changed / name).write_bytes(data.replace(b"pydicom", b"pydicum"))
    found = verify_export(store, changed)
    assert [(one.what, one.file) for one in found.differences] == [(FILE, name)]
    assert any(name in one.file for one in verify_offline(changed).differences)
    store.close()
