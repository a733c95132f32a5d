"""Which bytes records name: the one list that verification reads and that collection spares.

A record that no longer names its bytes (they were deleted by decision) is left out here, and here
only: what is not named is neither missed by verification nor kept by collection.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from sqlalchemy import select as columns_of
from sqlmodel import Session, col, select

from records.base import Record
from records.cases import Instance, Prediction, Quarantine, ReferenceStandard
from records.deletions import GONE, deleted_digests
from records.errors import IntegrityBroken
from records.form_versions import FormVersion
from records.messages import Message
from records.product import DatasetVersion, ModelVersion
from records.quality import Document
from records.regulatory_reports import Submission
from records.reports import RadiologyReport
from records.result_deliveries import ResultDelivery
from records.surveillance import DriftReport
from records.vault import Vault

NAMED_BYTES: dict[type[Record], tuple[str, ...]] = {
    Instance: ("digest",),
    ReferenceStandard: ("region",),
    Document: (
        "draft_json_digest", "json_digest", "pdf_digest", "approved_json_digest",
        "approved_pdf_digest",
    ),
    DriftReport: ("html_digest", "json_digest"),
    ResultDelivery: ("digest",),
    RadiologyReport: ("text_digest",),
    Message: ("page_digest",),
    Submission: ("acknowledgement_digest",),
    FormVersion: ("digest",),
}
"""Which columns of which records name bytes in the vault; an empty one names none."""

_GO_WITH_IMAGES = (Instance, ReferenceStandard)

SHA256 = re.compile(r"[0-9a-f]{64}")
"""What names a file in quarantine; one that could not be read has another name, and no file."""

_PICTURE = re.compile(rb'"sha256:([0-9a-f]{64})"')
"""How the JSON of a document names a picture that is kept beside it."""

_AT_ONCE = 5000


def named_bytes(reader: Session, vault: Vault) -> Iterator[tuple[str, str]]:
    """The SHA-256 of each content in the vault that a record names, with the record and column.

    Read as it is asked for: memory does not grow with the records.
    """
    gone = deleted_digests(reader, "image", statuses=GONE)
    yield from _outlines(reader)
    for table, columns in NAMED_BYTES.items():
        for column in columns:
            for number, digest in _values(reader, table, column):
                if table in _GO_WITH_IMAGES and digest in gone:
                    continue
                yield digest, f"{table.label_of(number)} ({column})"
                if column in ("draft_json_digest", "json_digest"):
                    yield from _pictures(vault, digest, table.label_of(number))


def quarantined(reader: Session) -> Iterator[tuple[str, str]]:
    """The name of each file in quarantine that a record names, with the record."""
    gone = deleted_digests(reader, "quarantine", statuses=GONE)
    for number, digest in _values(reader, Quarantine, "source_digest"):
        if SHA256.fullmatch(digest) and digest not in gone:
            yield digest, Quarantine.label_of(number)


def frozen_versions(reader: Session) -> list[DatasetVersion | ModelVersion]:
    """Each version of data or model that names a frozen folder, which one seen from outside does
    not."""
    return [
        *reader.exec(select(DatasetVersion).order_by(col(DatasetVersion.id))),
        *reader.exec(
            select(ModelVersion).where(ModelVersion.vault_path != "").order_by(col(ModelVersion.id))
        ),
    ]


def _values(reader: Session, table: type[Record], column: str) -> Iterator[tuple[int, str]]:
    """Row number and value of a column where it is not empty, in the order of the values."""
    fields: Any = table
    value = getattr(fields, column)
    query = columns_of(fields.id, value).where(value != "").order_by(value)
    with reader.execute(query.execution_options(yield_per=_AT_ONCE)) as rows:
        for number, digest in rows:
            yield int(number), str(digest)


def _outlines(reader: Session) -> Iterator[tuple[str, str]]:
    """The outline that a prediction drew, where its task draws one."""
    mask = col(Prediction.outputs)["mask"].as_string()
    query = columns_of(Prediction.id, mask).where(mask.is_not(None)).order_by(mask)  # type: ignore[call-overload]
    with reader.execute(query.execution_options(yield_per=_AT_ONCE)) as rows:
        for number, digest in rows:
            yield str(digest), f"{Prediction.label_of(int(number))} (outputs)"


def _pictures(vault: Vault, digest: str, label: str) -> Iterator[tuple[str, str]]:
    """The pictures that a document's JSON names; altered JSON is told of by its own digest."""
    with suppress(IntegrityBroken):
        for found in sorted(set(_PICTURE.findall(vault.fetch(digest, of=label)))):
            yield found.decode(), f"{label} (picture)"
