"""The list of an export's files with their digests, and the event of the trail it was read as of.

Who receives the files checks them without this program: SHA-256 over each file, and over the event.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from regulatory.documents.canonical import canonical_json
from regulatory.documents.content import Content

MANIFEST = "manifest.json"
SCHEMA = "radvigil-manifest/1"

CHECK = (
    "SHA-256 of each file as listed. The freeze event's digest is SHA-256 over its ten other "
    "columns as canonical JSON (keys sorted, no spaces, UTF-8); the document's facts (.json) name "
    "it as the head of the audit trail that they were read as of."
)


def write_manifest(
    content: Content, files: Mapping[str, bytes], freeze_event: Mapping[str, Any]
) -> bytes:
    """The manifest of these files, by name."""
    header = content.header
    return canonical_json(
        {
            "schema": SCHEMA, "number": header.number, "version": header.version,
            "status": header.status, "facts_digest": content.provenance.facts_digest,
            "head": header.freeze.head,
            "files": {
                name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
                for name, data in files.items()
            },
            "freeze_event": freeze_event, "check": CHECK,
        }
    )  # fmt: skip


def manifest_faults(
    manifest: bytes, files: Mapping[str, bytes], digest: Callable[[Mapping[str, Any]], str]
) -> Iterator[tuple[str, str]]:
    """Each file of an export that is not what its manifest says, with what is wrong.

    digest: how the digest of an event is computed (records.audit.event_digest).
    """
    try:
        said = json.loads(manifest)
        listed, event = said["files"].items(), said["freeze_event"]
        head, names = said["head"], {name: one["sha256"] for name, one in listed}
        whole = not event or digest(event) == event["digest"] == head
    except (KeyError, TypeError, ValueError, AttributeError):
        yield MANIFEST, "the manifest cannot be read"
        return
    for name, sha256 in names.items():
        if name not in files:
            yield name, "it is listed in the manifest and is not here"
        elif hashlib.sha256(files[name]).hexdigest() != sha256:
            yield name, "its SHA-256 is not the one in the manifest"
    if not whole:
        yield MANIFEST, "the freeze event is not the one whose digest the document names"
