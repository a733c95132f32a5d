"""How fast the node takes studies, beside a bare server of the same library that writes files.

    python -m benchmarks.c_store

Both in a process of their own on loopback, in turns; the sender is Python on the same machine.
Ours looks the caller up, names the file by its SHA-256 and waits until it is on the disk (fsync).
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROUNDS, OBJECTS, SIDE = 5, 120, 512

BARE = """
import sys
from pathlib import Path
from pynetdicom import AE, evt
from imaging.node.negotiation import MAXIMUM_PDU, STORAGE, TRANSFER_SYNTAXES
out = Path(sys.argv[1])
def keep(event):
    (out / event.request.AffectedSOPInstanceUID).write_bytes(event.encoded_dataset())
    return 0
entity = AE("RADVIGIL")
entity.maximum_pdu_size = MAXIMUM_PDU
for one in STORAGE:
    entity.add_supported_context(one, list(TRANSFER_SYNTAXES))
server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_STORE, keep)])
print(server.server_address[1], flush=True)
sys.stdin.read()
"""
OURS = """
import sys
from datetime import date
from pathlib import Path
from imaging.node.storage import Desk, NodeSettings, listening
from records.application_entities import Sender
known = {"SENDER": Sender("SENDER", "northfield", "", "AET-0001")}
desk = Desk(Path(sys.argv[1]), lambda: known, lambda: date(2026, 1, 5), lambda caller: None)
with listening(NodeSettings("RADVIGIL", "127.0.0.1", 0), desk) as node:
    print(node.port, flush=True)
    sys.stdin.read()
"""


def objects() -> list[object]:
    """Radiographs of 512 x 512 x 16 bits, each with its own UID and pixels."""
    from pydicom.dataset import Dataset, FileMetaDataset
    from pydicom.uid import ComputedRadiographyImageStorage, ExplicitVRLittleEndian, generate_uid

    made: list[object] = []
    for number in range(OBJECTS):
        one = Dataset()
        one.file_meta = FileMetaDataset()
        one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        one.SOPClassUID, one.SOPInstanceUID = ComputedRadiographyImageStorage, generate_uid()
        one.PatientID, one.Modality, one.Rows, one.Columns = f"P{number}", "CR", SIDE, SIDE
        one.SamplesPerPixel, one.PhotometricInterpretation = 1, "MONOCHROME2"
        one.BitsAllocated, one.BitsStored, one.HighBit, one.PixelRepresentation = 16, 12, 11, 0
        pixels = np.random.default_rng(number).integers(0, 4096, (SIDE, SIDE), dtype=np.uint16)
        one.PixelData = pixels.tobytes()
        one["PixelData"].VR = "OW"
        made.append(one)
    return made


def rate(program: str, folder: Path, made: list[object]) -> float:
    """Objects a second through one association."""
    from pydicom.uid import ComputedRadiographyImageStorage, ExplicitVRLittleEndian
    from pynetdicom import AE

    server = subprocess.Popen(
        [sys.executable, "-c", program, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    assert server.stdin is not None
    try:
        port = int(server.stdout.readline())
        entity = AE("SENDER")
        entity.maximum_pdu_size = 131072
        entity.add_requested_context(ComputedRadiographyImageStorage, ExplicitVRLittleEndian)
        association = entity.associate("127.0.0.1", port, ae_title="RADVIGIL")
        began = time.perf_counter()
        assert all(association.send_c_store(one).Status == 0 for one in made)
        seconds = time.perf_counter() - began
        association.release()
    finally:
        server.stdin.close()
        server.wait(30)
        server.stdout.close()
    return len(made) / seconds


def main() -> None:
    """Print the median of the rounds and the ratio, which should be at least 0.7."""
    made = objects()
    found: dict[str, list[float]] = {"bare": [], "ours": []}
    for _ in range(ROUNDS):
        for name, program in (("bare", BARE), ("ours", OURS)):
            with tempfile.TemporaryDirectory() as folder:
                found[name].append(rate(program, Path(folder), made))
    ratios = [ours / bare for ours, bare in zip(found["ours"], found["bare"], strict=True)]
    print(f"{OBJECTS} objects of {SIDE} x {SIDE} x 16 bits, median of {ROUNDS} rounds")
    print(f"bare pynetdicom server that writes files   {statistics.median(found['bare']):6.0f}/s")
    print(f"the node, on the disk before it answers    {statistics.median(found['ours']):6.0f}/s")
    print(f"ratio (median of pairs; wanted: 0.70)      {statistics.median(ratios):6.2f}")


if __name__ == "__main__":
    main()
