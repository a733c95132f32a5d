"""How often a patient who is named in a sentence is noticed, and how often nobody is and it is
refused all the same.

    python -m benchmarks.typed_text

Prints the tables of docs/typed-text.md. *Noticed*: sentences about made-up people whose entries are
in a mapping, and about people of whom nothing is known. *Refused for nothing*: what people typed
into the tests, and every sentence of the documentation. Wilson intervals of 95 %.
"""

import ast
import random
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Final

from measures.estimate import Estimate
from measures.proportions import wilson
from records.known_people import KnownPeople, keep_digests, make_digest_tables
from records.settings import REPOSITORY
from records.typed_text import identities_in

NOW: Final = datetime(2026, 11, 1, tzinfo=UTC)
FAMILIES: Final = (
    "Zwetschkenbaum", "MÜLLER", "Long", "O'Brien", "Nguyen", "García-López", "van der Berg",
    "White", "Krautwurst", "Yilmaz", "Okonkwo", "Smith", "Petrov", "Sørensen", "Baker", "Li",
    "Haddad", "Kowalczyk", "ROSSI", "Young",
)  # fmt: skip
GIVEN: Final = (
    "Ottilie Eva", "Jürgen", "May", "Siobhan", "Van An", "José", "Jan", "Grace", "Fritz", "Ayşe",
    "Chidi", "John", "Olga", "Bjørn", "Will", "Wei", "Layla", "Zofia", "GIULIA", "Mark",
)  # fmt: skip
FIELDS: Final = frozenset({
    "reason", "words", "conclusion", "finding", "evidence", "purpose", "comment", "why", "text",
    "description", "title", "what", "risk", "answer", "not_done", "root_cause", "grounds", "note",
    "lifted_because", "message", "summary", "disposition",
})  # fmt: skip


class Nobody:
    """No accounts and no sites: nothing is let through for its name."""

    def are(self, _words: Iterable[str]) -> bool:
        """Never."""
        return False


def people(n: int, *, seed: int = 11) -> list[dict[str, str]]:
    """So many made-up patients as a mapping knows them."""
    drawn = random.Random(seed)  # noqa: S311 (made-up people)
    return [
        {
            "PatientName": f"{drawn.choice(FAMILIES)}^{drawn.choice(GIVEN)}",
            "PatientID": drawn.choice((f"QX-{7000 + i}-Z", f"{1_480_000 + i}", f"00{48_000 + i}",
                                       f"MRN{90_000 + i}", f"{52_000 + i}")),
            "PatientBirthDate": f"{drawn.randint(1930, 2005)}{drawn.randint(1, 12):02d}"
                                f"{drawn.randint(1, 28):02d}",
            "AccessionNumber": drawn.choice((f"A2026{i:04d}", f"CR-24-{i:05d}",
                                             f"{7_700_000 + i}")),
        }
        for i in range(n)
    ]  # fmt: skip


def sentences(one: dict[str, str]) -> dict[str, str]:
    """How people write who a patient is, by kind."""
    family, given = one["PatientName"].split("^")
    family = family.title() if family.isupper() else family
    given = given.split()[0].title()
    birth, number, accession = one["PatientBirthDate"], one["PatientID"], one["AccessionNumber"]
    year, month, day = birth[:4], birth[4:6], birth[6:]
    return {
        "given and family name": f"the images of {given} {family} were mixed up",
        "family name, given name": f"{family}, {given} moved",
        "both in small letters": f"wrong side for {given.lower()} {family.lower()}",
        "both in capitals": f"CHECKED {family.upper()} {given.upper()} AGAIN",
        "as in DICOM": f"{family.upper()}^{given.upper()}",
        "patient, Mrs, Frau and family name": f"patient {family} had a pacemaker",
        "the scan of a family name": f"{family}'s scan was read twice",
        "family name alone": f"{family} moved during the exposure",
        "patient number": f"see {number}", "patient and number": f"patient {number} was flagged",
        "accession number": f"{accession} was late",
        "born and the date": f"born {day}.{month}.{year}",
        "a word for a person and the date": f"the woman of {year}-{month}-{day} was flagged",
        "date of birth alone": f"{day}.{month}.{year}",
    }  # fmt: skip


STRANGERS: Final = {
    "patient, Mrs, a relative, and a name": (
        "Patient John Smith was upset", "pt Zwetschkenbaum had a fall", "Frau Krautwurst rief an",
        "her daughter Annelies Brandt called", "patient named Smith", "Patient: Maier Josef",
        "the patient's name is Okonkwo", "Mr Smith called twice", "patient J. Smith",
        "(Mrs. Long)", "patient SMITH JOHN", "SMITH^JOHN",
    ),
    "a birth date that is called so": (
        "DOB 03/04/1961", "born on 3 May 1956", "date of birth: 1956-05-03", "geb. 12.03.1944",
        "born May 3, 1956", "birthday 19560503",
    ),
    "a number that is called so": (
        "SSN 078-05-1120", "MRN 4471123", "Patient ID: 7712", "accession no. A77123",
        "NHS number 943 476 5919", "pat. id 99123", "078-05-1120", "1.2.840.113619.2.55.3.604.119",
    ),
    "telephone, e-mail": (
        "call 555-123-4567", "Tel. 0711 1234567", "+49 170 1234567", "john.smith@mail.example",
    ),
    "a name without such a word": (
        "John Smith called twice", "Smith, John (67)", "Okonkwo was told", "J. Smith fell",
    ),
    "an address": ("the man lives at 12 High Street", "Hauptstr. 5, Ulm"),
}  # fmt: skip


def knowing(here: list[dict[str, str]]) -> KnownPeople:
    """The digests of these people, in memory."""
    connection = sqlite3.connect(":memory:")
    make_digest_tables(connection)
    keep_digests(connection, bytes(32), (), lambda: here)
    return KnownPeople(connection, bytes(32))


def noticed(n: int) -> dict[str, Estimate]:
    """By kind of sentence, of so many people who are known, and of strangers."""
    here = people(n)
    known = knowing(here)
    found: dict[str, list[bool]] = defaultdict(list)
    for one in here:
        for kind, text in sentences(one).items():
            found[kind].append(any(identities_in(text, known, Nobody(), now=NOW)))
    for kind, texts in STRANGERS.items():
        for text in texts:
            found[f"unknown: {kind}"].append(any(identities_in(text, None, Nobody(), now=NOW)))
    return {kind: wilson("noticed", sum(each), len(each)) for kind, each in found.items()}


def typed_in_tests() -> Iterator[str]:
    """Every different text that stands in a field of this kind in the code and its tests."""
    seen: set[str] = set()
    own = ("identif", "report", "typed_text", "export_scan", "known_people")
    for path in sorted(REPOSITORY.rglob("*.py")):
        inside = path.relative_to(REPOSITORY).as_posix()
        if inside.startswith(".") or any(one in inside for one in own):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg in FIELDS:
                seen |= _texts([node.value])
            elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "transaction":
                seen |= _texts(node.args[1:2])
            elif isinstance(node, ast.List):
                told = [one.value if isinstance(one, ast.Constant) else "" for one in node.elts]
                seen |= _texts([
                    value for option, value in zip(told, node.elts[1:], strict=False)
                    if str(option).startswith("--")
                    and str(option).strip("-").replace("-", "_") in FIELDS
                ])  # fmt: skip
    yield from sorted(seen)


def _texts(nodes: Iterable[ast.expr]) -> set[str]:
    return {one.value for one in nodes if isinstance(one, ast.Constant)
            and isinstance(one.value, str)}  # fmt: skip


def said_in_docs() -> Iterator[str]:
    """Every sentence of the documentation but that of this subject."""
    for path in sorted((REPOSITORY / "docs").glob("*.md")):
        if path.name != "typed-text.md":
            for said in re.split(r"(?<=[.!?])\s+|\n", path.read_text(encoding="utf-8")):
                if len(said) > 8:
                    yield said


def refused_for_nothing(n: int) -> dict[str, Estimate]:
    """Of texts that name nobody, by where they stand; so many people are known."""
    counted, known = {}, knowing(people(n))
    for where, texts in (("typed in the tests", typed_in_tests()), ("docs", said_in_docs())):
        hits = [any(identities_in(one, known, Nobody(), now=NOW)) for one in texts]
        counted[where] = wilson("refused for nothing", sum(hits), len(hits))
    return counted


def main() -> None:
    """Print both tables."""
    for table in (noticed(400), refused_for_nothing(400)):
        print("| | n | share | 95 % interval |\n|---|--:|--:|---|")
        for kind, one in table.items():
            assert one.value is not None and one.low is not None and one.high is not None
            print(f"| {kind} | {one.n} | {one.value:.1%} | {one.low:.1%} to {one.high:.1%} |")
        print()


if __name__ == "__main__":
    main()
