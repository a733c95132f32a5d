"""The signature of an archive lies beside it: it is checked, and said where it cannot be."""

from pathlib import Path

import pytest

from journeys.export_device_file import export_device_file
from journeys.tell import write_document
from journeys.verify_export import verify_export
from journeys.verify_offline import verify_offline
from records.errors import InvalidInput
from records.services import ensure_service
from records.settings import Workspace
from records.store import open_store
from regulatory.compile import Request
from tests.regulatory.gathering import small_operation as operation
from tests.regulatory.gathering import small_store as small

NOW = small.at(30)
pytestmark = pytest.mark.proof


@pytest.mark.requirement("REG-033")
def test_the_signature_beside_an_archive_is_checked(tmp_path: Path) -> None:
    store = open_store(Workspace(tmp_path / "workspace").create(), url="")
    with store.transaction("demo.engineer", "develop", now=small.at(9)) as tx:
        device = small.add_device(tx)
        version = small.add_version(tx, device, small.add_development(tx, device))
        ensure_service(tx, "service:export", now=small.at(9))
    with store.transaction("watch", "operate", now=small.at(operation.FIRST + 2, 20)) as tx:
        operation.add_operation(tx, tx.merge(version))
    request = Request("performance_monitoring_report", small.DEVICE, operation.PERIOD,
                      requested_by="service:documents")  # fmt: skip
    write_document(store, request, actor="service:documents", now=NOW)
    box = tmp_path / "box"
    made = export_device_file(store, small.DEVICE, box, day=NOW.date(), actor="service:export",
                              now=NOW)  # fmt: skip
    archive = box / next(one for one in made.files if one.endswith(".zip"))
    signature = box / f"{archive.name}.sig"
    whole = signature.read_bytes()

    for path in (archive, box):
        verdict = verify_offline(path)
        assert (verdict.differences, verdict.exit_code) == ((), 0)
        assert verdict.figures > 200
        assert not any("signature" in note.lower() for note in verdict.notes)
    assert verify_export(store, box).exit_code == 0
    store.close()

    signature.write_bytes(bytes(64))
    for path in (archive, box):
        (wrong,) = verify_offline(path).differences
        assert (wrong.file, wrong.place) == (
            archive.name, "its signature does not fit the public key",
        )
        assert verify_offline(path).exit_code == 3
    signature.unlink()
    assert any(f"{archive.name}.sig must lie beside it" in one
               for one in verify_offline(archive).notes)  # fmt: skip
    signature.write_bytes(whole)
    next(box.glob("*.pem")).unlink()
    assert any("the public key (.pem) must lie beside it" in one
               for one in verify_offline(box).notes)  # fmt: skip
    archive.write_bytes(b"no archive")
    with pytest.raises(InvalidInput, match="damaged"):
        verify_offline(box)
