"""What the node needs of a processor for 1,000 studies: to receive them, and to take them in.

    python -m benchmarks.node_work [files] [side]

Studies of one radiograph of 16 bits allocated, 12 stored, sent over loopback to a node in a process
of its own, then taken in as the day's surveillance does. Processor seconds of the process that
works, its start left out; the sender's are not counted, and neither is the device's reading, which
differs from model to model.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.c_store import OURS
from benchmarks.ingest import SYNTAXES, ours, write_files
from records.quiet import switch_off_usage_statistics

MEASURED = OURS.replace(
    "    print(node.port, flush=True)",
    "    import time\n    print(node.port, flush=True)\n    began = time.process_time()",
) + "print(time.process_time() - began)\n"
SHOWN = ("uncompressed", "JPEG lossless", "JPEG 2000")


def receiving(paths: list[Path], syntax: str) -> float:
    """Processor seconds of the node for these files, one association."""
    from pydicom import dcmread
    from pydicom.uid import DigitalXRayImageStorageForPresentation
    from pynetdicom import AE

    with tempfile.TemporaryDirectory() as folder:
        node = subprocess.Popen(
            [sys.executable, "-c", MEASURED, folder], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert node.stdout is not None
        assert node.stdin is not None
        entity = AE("SENDER")
        entity.maximum_pdu_size = 131072
        entity.add_requested_context(DigitalXRayImageStorageForPresentation, syntax)
        port = int(node.stdout.readline())
        association = entity.associate("127.0.0.1", port, ae_title="RADVIGIL")
        for path in paths:
            assert association.send_c_store(dcmread(path)).Status == 0
        association.release()
        node.stdin.close()
        seconds = float(node.stdout.readline())
        node.wait(30)
        node.stdout.close()
    return seconds


def main() -> None:
    """Print processor seconds for 1,000 studies by transfer syntax."""
    switch_off_usage_statistics()
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    side = int(sys.argv[2]) if len(sys.argv) > 2 else 2500
    print(f"processor seconds for 1,000 studies; {count} of {side} x {side} x 12 bits measured")
    for name in SHOWN:
        with tempfile.TemporaryDirectory() as folder:
            paths = write_files(Path(folder), SYNTAXES[name], count, side)
            size = sum(path.stat().st_size for path in paths) / count / 1e6
            received = receiving(paths, SYNTAXES[name]) * 1000 / count
            taken = ours(paths, 1).processor * 1000 / count
        print(f"  {name} ({size:.1f} MB each): received {received:.0f}, taken in {taken:.0f}")


if __name__ == "__main__":
    main()
