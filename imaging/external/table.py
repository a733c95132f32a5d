"""Results as a table: study, version, score, decision and time, one result a line."""

import csv
import re
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Final

from imaging.external.saying import (
    Node,
    ResultRefused,
    SaidOutside,
    Why,
    answer_of,
    require_software,
    words_of,
)
from imaging.named_studies import StudyNamed
from imaging.sources.base import SourceRefused
from imaging.sources.cells import delimiter_of, utf8_text
from records.external_product import ExternalProduct

ORIGIN: Final = "CSV"
COLUMNS: Final = ("study", "version", "score", "decision", "said_at")
_LABEL: Final = re.compile(r"STU-\d+", re.IGNORECASE)
_UID: Final = re.compile(r"[0-9.]{3,64}")
_SHOWN: Final = 20


def read_table(product: ExternalProduct, path: Path, *, zone: tzinfo) -> list[SaidOutside]:
    """All results of a table, in its order; every wrong line is told, and then none is taken.

    A study is named by its Study Instance UID, or by its label here. The score is on the scale that
    the definition declares; a decision is 1 or 0, or one of the declared words. Either may be left
    out where the other tells enough.

    Raises:
        SourceRefused: Naming line and column, never the value of a cell.
    """
    called = {name: product.columns.get(name, name) for name in COLUMNS}
    with utf8_text(path) as handle:
        table = csv.DictReader(handle, restval="", delimiter=delimiter_of(handle))
        missing = [
            called[one] for one in ("study", "version", "said_at")
            if called[one] not in (table.fieldnames or ())
        ]
        if missing:
            raise SourceRefused(
                f"columns missing: {', '.join(missing)}", where=path.name,
                hint=f"A table of results has the columns {', '.join(called.values())}",
            )
        found: list[SaidOutside] = []
        wrong: list[str] = []
        for cells in table:
            held = {one: str(cells.get(called[one]) or "").strip() for one in COLUMNS}
            try:
                found.append(_row(product, held, zone, f"line {table.line_num}"))
            except ResultRefused as refused:
                column = called.get(refused.where, refused.where)
                wrong.append(
                    f"line {table.line_num}, column {column}: {str(refused.why).replace('_', ' ')}"
                )
    if wrong:
        more = f"; and {len(wrong) - _SHOWN} more" if len(wrong) > _SHOWN else ""
        raise SourceRefused(
            "; ".join(wrong[:_SHOWN]) + more, where=path.name,
            hint="Correct these lines and give the table again: nothing of it was recorded",
        )
    return found


def _row(
    product: ExternalProduct, held: dict[str, str], zone: tzinfo, where: str
) -> SaidOutside:
    if _LABEL.fullmatch(held["study"]):
        study = StudyNamed("label", held["study"].upper())
    elif _UID.fullmatch(held["study"]):
        study = StudyNamed("uid", held["study"])
    else:
        raise ResultRefused(Why.NO_STUDY, "study")
    try:
        software = require_software(held["version"])
    except ResultRefused:
        raise ResultRefused(Why.NO_VERSION, "version") from None
    score, decision = _answer(product, held)
    return SaidOutside(
        study=study, software=software, score=score, decision=decision,
        said_at=_moment(held["said_at"], zone), origin=ORIGIN, where=where,
    )


def _answer(product: ExternalProduct, held: dict[str, str]) -> tuple[float | None, bool]:
    """The two cells as statements about the finding, told as those of any other form."""
    name = words_of(*product.finding)
    parts: list[Node] = []
    if held["score"]:
        try:
            parts.append(Node(name, number=float(held["score"])))
        except ValueError:
            raise ResultRefused(Why.SCORE, "score") from None
    if held["decision"]:
        side = {"1": product.present, "0": product.absent}.get(held["decision"])
        if side:
            parts.append(Node(name, words_of(*side)))
        else:
            known = words_of(*product.present, *product.absent)
            said = words_of(held["decision"])
            if held["decision"] not in ("0", "1") and not said & known:
                raise ResultRefused(Why.NO_DECISION, "decision")
            if held["decision"] in ("0", "1"):
                return _score_alone(product, parts), held["decision"] == "1"
            parts.append(Node(name, said))
    try:
        return answer_of(product, Node(parts=tuple(parts)))
    except ResultRefused as refused:
        column = "score" if refused.why is Why.SCORE else "decision"
        why = Why.NO_DECISION if refused.why is Why.NO_FINDING else refused.why
        raise ResultRefused(why, column) from None


def _score_alone(product: ExternalProduct, parts: list[Node]) -> float | None:
    """The score of a line whose decision is 1 or 0, of a product that declares no words for it."""
    if not parts or not product.states_score:
        return None
    number = (parts[0].number or 0.0) * product.factor
    if not 0.0 <= number <= 1.0:
        raise ResultRefused(Why.SCORE, "score")
    return number


def _moment(text: str, zone: tzinfo) -> datetime:
    try:
        said = datetime.fromisoformat(text)
    except ValueError:
        raise ResultRefused(Why.NO_TIME, "said_at") from None
    return said if said.tzinfo else said.replace(tzinfo=zone)
