"""What a DICOMweb server answers is read as it is meant, and told without what was asked for."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from pydicom import dcmread

from imaging.node.dicomweb import Web, retrieve, search, store_results
from records.errors import Unavailable
from tests.cli.conftest import write_radiograph

DICOM_JSON = "application/dicom+json"


@contextmanager
def server(
    body: bytes, *, status: int = 200, kind: str = DICOM_JSON, silent: float = 0
) -> Iterator[Web]:
    """One that gives the same answer to everything, over a real socket."""
    import time

    class Answer(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            time.sleep(silent)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with suppress(OSError):  # who asked has gone
                self.wfile.write(body)

        do_GET = do_POST = answer  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Nothing is written to the screen."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as http:
        serving = Thread(target=http.serve_forever)
        serving.start()
        try:
            yield Web("PACS1", f"http://127.0.0.1:{http.server_address[1]}/dw", seconds=0.5)
        finally:
            http.shutdown()
            serving.join()


def item(uid: str, **more: Any) -> dict[str, Any]:
    return {"00081155": {"vr": "UI", "Value": [uid]}, **more}


def test_each_object_hears_whether_it_was_stored(tmp_path: Path) -> None:
    objects = [dcmread(write_radiograph(tmp_path / f"{n}.dcm", n)) for n in (1, 2, 3)]
    uids = [str(one.SOPInstanceUID) for one in objects]
    failed = item(uids[1], **{"00081197": {"vr": "US", "Value": [0xA700]}})
    answer = {
        "00081199": {"vr": "SQ", "Value": [item(uids[0])]},
        "00081198": {"vr": "SQ", "Value": [failed]},
    }
    with server(json.dumps(answer).encode(), status=202) as web:
        assert store_results(web, objects) == [
            "", "it did not store it (reason 0xA700)", "it does not say whether it stored it"
        ]


@pytest.mark.parametrize("status", [401, 403, 404, 409, 500, 503])
def test_a_refusal_is_told_by_its_status_alone(status: int) -> None:
    with (
        server(b'{"patient": "QX-9"}', status=status) as web,
        pytest.raises(Unavailable, match=f"status {status}") as refused,
    ):
        search(web, "studies", PatientID="QX-9")
    assert "QX-9" not in str(refused.value)


def test_a_page_that_is_no_dicom_is_told_of() -> None:
    with (
        server(b"<html>QX-9</html>", kind="text/html") as web,
        pytest.raises(Unavailable, match="no DICOM"),
    ):
        search(web, "studies", PatientID="QX-9")
    with (
        server(b"--x\r\n\r\nQX-9\r\n--x--", kind='multipart/related; boundary="x"') as web,
        pytest.raises(Unavailable, match="no DICOM"),
    ):
        list(retrieve(web, "1.2.3"))


def test_a_server_that_says_nothing_is_not_waited_for_for_ever() -> None:
    with server(b"[]", silent=2) as web, pytest.raises(Unavailable, match="ReadTimeout"):
        search(web, "studies", PatientID="QX-9")
