"""Everything that can be verified of a workspace, in one call: for people, pages and backups."""

from dataclasses import replace
from pathlib import Path

from sqlmodel import Session

from records.anchors import verify_anchors
from records.deletions import deleted_digests, deletion_notices
from records.export_check import verify_exports
from records.exposure import exposed_files
from records.installation_check import standing_warnings
from records.store import Store
from records.vault_check import verify_bytes
from records.verify import Verdict, verify_records


def verify_workspace(
    store: Store, reader: Session, *, records_only: bool = False, anchors: Path | None = None,
    exports: bool = True,
) -> Verdict:  # fmt: skip
    """Is everything what was written? The records, the anchors, the bytes that records name, and
    the exports that still lie where they were written.

    anchors: their folder, where it is not that of the workspace: a backup holds older ones.
    records_only: leave the bytes and keys unread. They are not read either where the records are
    broken: what names them could not be believed.
    exports: compare exported files as well. No record needs them: a backup is whole without.
    """
    verdict = verify_records(reader)
    anchored = verify_anchors(reader, anchors or store.workspace.anchors)
    places = [verdict.first_bad_sequence, anchored.first_bad_sequence]
    verdict = replace(
        verdict, anchors=anchored.anchors, findings=verdict.findings + anchored.findings,
        first_bad_sequence=min((one for one in places if one is not None), default=None),
    )
    if records_only or not verdict.whole:
        return verdict
    contents, findings = verify_bytes(reader, store)
    notices = deletion_notices(store, reader)
    notices += standing_warnings(store, reader) + exposed_files(store.workspace)
    if exports:
        compared, changed, elsewhere = verify_exports(
            reader, store.workspace.exports, deleted=deleted_digests(reader, "export")
        )
        contents, findings, notices = contents + compared, findings + changed, notices + elsewhere
    return replace(
        verdict, contents=contents, findings=tuple(findings), notices=tuple(notices)
    )
