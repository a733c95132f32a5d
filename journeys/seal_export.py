"""What leaves sealed is written in a room of the workspace, sealed, put on record, cleared away.

The room lies on the workspace's own disk, so that plain files rest nowhere else.
"""

import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from records.audit import note
from records.sealed_export import Seal, seal_folder
from records.store import Store
from records.vault import file_digests

SEALED = "seal export"
"""The action of the event that tells of a sealed file, after the event of the export itself."""


def write_sealed(
    store: Store, export: Callable[[Path], object], seal: Seal, *, subject: str, actor: str,
    now: datetime,
) -> dict[str, str]:
    """Export into a room, seal what lies there, and say on record what went to whom.

    Returns:
        The SHA-256 (hex) of the sealed file by its name.
    """
    with tempfile.TemporaryDirectory(prefix=".export-", dir=store.workspace.home) as folder:
        room = Path(folder)
        export(room)
        contents, files = seal_folder(room, seal), file_digests(room)
    with store.transaction(actor, f"for {seal.recipient}", now=now) as tx:
        note(
            tx, SEALED, subject,
            new={
                "file": seal.target.name, "sha256": contents.digest, "for": seal.recipient,
                "with": seal.key.words, "holds": files,
            },
        )
    return {seal.target.name: contents.digest}
