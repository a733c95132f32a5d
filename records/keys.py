"""Secret keys of a workspace: made once, readable by the owner only."""

import hashlib
import os
import secrets

from records.settings import Workspace


def workspace_key(workspace: Workspace, name: str, *, seed: int | None = None) -> bytes:
    """The 32-byte key of that name, made on first use.

    A demonstration derives it from its seed, so that the same seed gives the same pseudonyms;
    nothing real is protected there. A live workspace draws it from the system.
    """
    path = workspace.keys / f"{name}.key"
    if not path.exists():
        workspace.keys.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = (
            secrets.token_bytes(32)
            if seed is None
            else hashlib.sha256(f"demonstration {name} {seed}".encode()).digest()
        )
        part = path.with_suffix(".part")
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
        part.replace(path)
    return path.read_bytes()
