"""The figures of the report before, as it printed them, to be held against those of now."""

import json
from typing import Any, Final

from sqlmodel import Session, col, select

from records.product import Device
from records.quality import Document
from regulatory.documents.surveillance_facts import Listed, Previous, Span
from regulatory.documents.surveillance_tables import period_figures
from regulatory.gathering.edition import Basis

IN_FORCE: Final = ("approved", "effective", "superseded")


def previous(session: Session, basis: Basis, kind: str, report: Span) -> Previous:
    """The last approved report of the kind on an earlier period, with its figures by period."""
    own = select(Device.id).where(Device.name == basis.device.name)
    query = (
        select(Document)
        .where(
            col(Document.device_id).in_(own), Document.kind == kind,
            col(Document.status).in_(IN_FORCE), col(Document.period_to) < report[0],
        )
        .order_by(col(Document.period_to).desc(), col(Document.id).desc())
    )
    found = session.exec(query).first()
    if found is None:
        return Previous(why_none="no earlier report of this kind was approved here")
    label = f"{found.label} ({found.number}, version {found.version})"
    period = (found.period_from, found.period_to)
    assert period[0] is not None and period[1] is not None
    if basis.vault is None:
        return Previous(label, (period[0], period[1]), why_none="its bytes are not at hand")
    tree = json.loads(basis.vault.fetch(found.draft_json_digest, of=found.label))
    return Previous(label, (period[0], period[1]), tuple(
        Listed(found.label, row) for row in _figures(tree)
    ))  # fmt: skip


def _figures(tree: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    """Table, row, period and text of each cell that stands below a period."""
    tables = [
        block for section in tree["sections"] for block in section["blocks"]
        if block["block"] == "Table"
    ]
    return [
        figure for table in tables
        for figure in period_figures(
            table["caption"], [one["title"] for one in table["columns"]],
            [[one["text"] for one in row] for row in table.get("rows", ())],
        )
    ]
