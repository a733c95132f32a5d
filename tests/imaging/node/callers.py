"""Systems that call the node, as a hospital's do."""

import ssl
from pathlib import Path
from typing import Any

from pydicom import dcmread
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import AE
from pynetdicom.sop_class import Verification

from imaging.node.negotiation import STORAGE


def associate(
    port: int, *, title: str = "PACS1", called: str = "RADVIGIL",
    tls: ssl.SSLContext | None = None,
) -> Any:
    """An association, established or not."""
    entity = AE(ae_title=title)
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = 60
    entity.add_requested_context(Verification)
    for sop_class in STORAGE:
        entity.add_requested_context(sop_class, ExplicitVRLittleEndian)
    return entity.associate(
        "127.0.0.1", port, ae_title=called, tls_args=(tls, "127.0.0.1") if tls else None
    )


def send(
    port: int, *paths: Path, title: str = "PACS1", tls: ssl.SSLContext | None = None
) -> list[int]:
    """The answer to each file."""
    association = associate(port, title=title, tls=tls)
    assert association.is_established
    try:
        return [association.send_c_store(dcmread(path)).Status for path in paths]
    finally:
        association.release()
