"""The file of a device: same contents, same bytes; its own verifier finds what was altered."""

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from records.base import canonical_json
from records.errors import InvalidInput
from regulatory.device_file import (
    ANCHORS,
    EVENTS,
    INDEX,
    ORDERS,
    START,
    DeviceFile,
    FiledDocument,
    archive,
    submission_order,
)
from regulatory.documents.exported import kind_of
from regulatory.documents.registry import DOCUMENTS

PDF = "documents/DOC-22-x-v1/DOC-22-x-v1.pdf"


def chain(*words: str) -> tuple[bytes, str]:
    before, lines = "0" * 64, []
    for number, one in enumerate(words, start=1):
        event = {"sequence": number, "previous": before, "reason": one}
        before = hashlib.sha256(canonical_json(event).encode()).hexdigest()
        lines.append(canonical_json(event | {"digest": before}))
    return ("\n".join(lines) + "\n").encode(), before


EVENTS_TOLD, HEAD = chain("begin", "straße <b>", "end")
ABOUT = DeviceFile("x", "X <1>", "DEV-0001", "2026-07-30", 3, HEAD, "DEMONSTRATION", "eu")
CONTENTS = {
    PDF: b"%PDF", EVENTS: EVENTS_TOLD,
    ANCHORS: f"{canonical_json({'sequence': 3, 'digest': HEAD})}\n".encode(),
}
FILED = [
    FiledDocument("DOC-22", "DOC-22-x", 1, "Model validation report", "effective",
                  "2026-07-30T22:00:00+00:00", 0, (PDF,)),
]  # fmt: skip
WHY = {"DOC-04 Periodic safety update report (PSUR)": "none was compiled by that day"}


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(archive(ABOUT, FILED, CONTENTS, WHY))) as packed:
        packed.extractall(tmp_path)
    return tmp_path


def verified(folder: Path) -> tuple[int, str]:
    done = subprocess.run([sys.executable, "-I", "verify.py"], cwd=folder, capture_output=True,
                          text=True, check=False)  # fmt: skip
    return done.returncode, done.stdout


def test_the_same_contents_give_the_same_bytes_and_hold(unpacked: Path) -> None:
    assert archive(ABOUT, FILED, CONTENTS, WHY) == archive(ABOUT, FILED, CONTENTS, WHY)
    assert verified(unpacked) == (0, "6 files and 3 events: all hold\n")


def test_the_verifier_names_what_was_altered_added_or_lost(unpacked: Path) -> None:
    (unpacked / PDF).write_bytes(b"%PDG")
    (unpacked / "more.txt").write_text("x")
    (unpacked / START).unlink()
    told = verified(unpacked)[1].splitlines()
    assert told == [f"missing: {START}", f"changed: {PDF}", "in no index: more.txt"]


def test_a_trail_altered_with_its_digest_in_the_index_still_shows(unpacked: Path) -> None:
    index = json.loads((unpacked / INDEX).read_text())
    for name, said in (("altered", EVENTS_TOLD.replace(b"begin", b"began")),
                       ("cut", EVENTS_TOLD[: EVENTS_TOLD.index(b"\n") + 1])):  # fmt: skip
        (unpacked / EVENTS).write_bytes(said)
        index["files"][EVENTS] = hashlib.sha256(said).hexdigest()
        (unpacked / INDEX).write_text(json.dumps(index))
        code, told = verified(unpacked)
        assert code == 1
        wanted = "audit trail altered at event 1" if name == "altered" else "does not end where"
        assert wanted in told
    assert "anchor of event 3 does not fit" in told


def test_a_submission_folder_has_every_section_and_says_which_are_empty(unpacked: Path) -> None:
    index = json.loads((unpacked / INDEX).read_text())
    assert [one["folder"] for one in index["sections"]] == [
        one["folder"] for one in submission_order("eu")["sections"]
    ]
    (section,) = [one for one in index["sections"] if one["files"]]
    assert section["files"] == ["submission/eu/06-verification-and-validation/DOC-22-x-v1.pdf"]
    page = (unpacked / START).read_text()
    assert "none in this file" in page
    assert "X &lt;1&gt;" in page
    assert "none was compiled by that day" in page


def test_every_kind_of_document_has_its_place_in_one_order_or_is_laid_last() -> None:
    with pytest.raises(InvalidInput, match="No order for 'jp'"):
        submission_order("jp")
    both = {code for name in ("eu", "us") for one in submission_order(name)["sections"]
            for code in one["codes"]}  # fmt: skip
    assert {one.code for one in DOCUMENTS.values()} <= both, ORDERS.name


def test_its_own_files_are_no_documents_for_document_verify() -> None:
    assert [kind_of(name) for name in (INDEX, START, EVENTS, ANCHORS)] == [""] * 4
