"""Reports that may not go on: their content in quarantine, with the reason, for a person to see."""

import hashlib
from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from imaging.reports.arrived import ArrivedReport
from records.cases import Quarantine
from records.private import private_file
from records.queries import quarantined_digests, register_site
from records.store import Store
from records.vault import Vault, renewed


def hold_back(
    store: Store, tx: Session, held: Sequence[tuple[ArrivedReport, str, str]], *, site: str,
    now: datetime,
) -> None:
    """Keep these reports in quarantine, each with its reason and detail; the same again is one."""
    if not held:
        return
    here = register_site(tx, site, origin="reported", now=now)
    assert here.id is not None
    contents = {one.source_digest: one.to_json() for one, _, _ in held}
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    known = quarantined_digests(tx, here.id, digests.values())
    for report, reason, detail in held:
        digest, content = digests[report.source_digest], contents[report.source_digest]
        target = store.workspace.quarantine / digest
        with Vault(store.workspace.vault).arriving():
            if not renewed(target):
                with private_file(target) as copy:
                    copy.write(content)
        if digest in known:
            continue
        known.add(digest)
        tx.add(Quarantine(
            source_digest=digest, site_id=here.id, reason=reason, detail=detail,
            size_bytes=len(content), arrived_on=now.date(), received_at=now,
        ))  # fmt: skip
