"""Where refused files are kept: under the digest of their bytes, never under their own name."""

import hashlib
import hmac
import os
import shutil
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from imaging.reception import Reason, Rejection
from records.keys import workspace_key
from records.private import private_file
from records.store import Store
from records.vault import Vault, renewed


def keep_in_quarantine(store: Store, path: Path, refused: Rejection) -> Rejection:
    """Keep a refused file, and give its refusal with a name that no other file has.

    What was too large to be read is linked, not copied, where the disk allows it. A file whose
    bytes could not be read has no digest: it is named by its place, under the workspace's key,
    so that two of them stay two and the name tells nothing.
    """
    if not refused.source_digest:
        key = workspace_key(store, "pseudonym")
        place = hmac.new(key, os.fsencode(path.absolute()), hashlib.sha256).hexdigest()
        return replace(refused, source_digest=f"unread-{place}")
    target = store.workspace.quarantine / refused.source_digest
    with Vault(store.workspace.vault).arriving():
        if renewed(target):
            return refused
        if refused.reason is Reason.TOO_LARGE:
            with suppress(OSError):  # another disk, or one without links
                os.link(path.resolve(), target)
                return refused
        with path.open("rb") as source, private_file(target) as copy:
            shutil.copyfileobj(source, copy)
    return refused
