"""Reports with planted identities: the labelled texts, with names, numbers, dates, places in them.

Ways of writing them were listed by somebody who had seen the rules; no style is left out because
the rules miss it. The names are invented or common ones of many languages; no person is meant.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from imaging.reports.identifiers import KnownIdentities
from tests.imaging.reports.labelled import labelled

GIVEN = (
    "Anna", "Mohammed", "Wei", "Siobhán", "José", "Fatima", "Olena", "Björn", "Chidi", "Priya",
    "Mary-Anne", "Giulia", "Yusuf", "Hannelore", "Dmitri", "Aoife", "Rosa", "Tariq", "Ingeborg",
    "Kwame", "Mei-Ling", "François", "Zsófia", "Ahmed", "Grace", "Ivy", "Mark", "Will",
)  # fmt: skip
FAMILY = (
    "Zwetschkenbaum", "O'Connor", "Nguyen", "García-Lopez", "Müller", "Kowalczyk", "Okonkwo",
    "Brown", "Long", "Singh", "Ångström", "Fitzgerald", "MacDonald", "Papadopoulos", "Yılmaz",
    "Tanaka", "Kovács", "Petrovic", "Abdelrahman", "Smith", "White", "Young", "Schwarzenegger",
    "Baker", "Takahashi", "Oyelaran", "Dubois", "Lindqvist", "Hall", "Stone", "Ng", "Wu",
)  # fmt: skip
STREETS = ("Oak Street", "Mill Road", "Church Lane", "Station Road", "Pine Avenue", "Elm Drive")
TOWNS = ("Northfield", "Lakeview", "Ashby", "Harlow", "Zwickau", "Springdale")
HOUSES = ("St. Mary's Hospital", "Lakeview Medical Center", "Harlow General Hospital",
          "Northfield Imaging Center", "Ashby Infirmary")  # fmt: skip
MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip


@dataclass
class Planted:
    """A report: its text, what was planted of which kind, and what its sender tells beside it."""

    text: str
    labels: dict[str, str]
    original: str
    known: KnownIdentities
    identities: list[tuple[str, str]] = field(default_factory=list)


class _Persons:
    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.given, self.family = rng.choice(GIVEN), rng.choice(FAMILY)
        self.middle = rng.choice("ABCEHJKLMRTW")

    def written(self) -> str:
        """A person's name in one of the ways that people write one."""
        return self.rng.choice((
            f"{self.given} {self.family}", f"{self.family}, {self.given}",
            f"{self.given[0]}. {self.family}", f"{self.given} {self.middle}. {self.family}",
            f"{self.family.upper()}, {self.given.upper()}", f"{self.given} {self.family.upper()}",
        ))  # fmt: skip

    def telling(self) -> list[str]:
        """The words that would tell who it is."""
        return [self.family]


def _day(rng: random.Random) -> str:
    day, month, year = rng.randint(1, 28), rng.randint(1, 12), rng.randint(1999, 2025)
    name = MONTHS[month - 1]
    return rng.choice((
        f"{month}/{day}/{year}", f"{day:02d}.{month:02d}.{year}", f"{year}-{month:02d}-{day:02d}",
        f"{day} {name} {year}", f"{name} {day}, {year}", f"{day}-{name[:3]}-{year % 100:02d}",
        f"{name[:3]} {day} {year}", f"{day}th of {name}", f"{month}/{day}/{year % 100:02d}",
        f"{year}{month:02d}{day:02d}", f"{name} {year}",
    ))  # fmt: skip


def _phone(rng: random.Random) -> str:
    one, two, three = rng.randint(200, 989), rng.randint(200, 989), rng.randint(1000, 9999)
    return rng.choice((
        f"({one}) {two}-{three}", f"{one}-{two}-{three}", f"{one}.{two}.{three}",
        f"+44 20 7{two} {three}", f"pager {three}", f"ext. {three}", f"0{one} {two}{three}",
    ))  # fmt: skip


def _number(rng: random.Random) -> str:
    digits = str(rng.randint(10_000_000, 99_999_999))
    return rng.choice((digits, f"{digits[:3]}-{digits[3:]}", f"A{digits[:7]}", f"RX{digits[:6]}",
                       f"{digits[:2]} {digits[2:5]} {digits[5:]}"))  # fmt: skip


def planted(n: int, *, seed: int = 7) -> Iterator[Planted]:
    """So many reports, the labelled ones in turn, each with three to six identities."""
    rng = random.Random(seed)
    rows = labelled("seen") + labelled("unseen")
    for at in range(n):
        yield _planted(rows[(at * 37) % len(rows)], rng)


def _planted(row: dict[str, object], rng: random.Random) -> Planted:
    patient, reader, other = (_Persons(rng) for _ in range(3))
    mrn, accession = _number(rng), _number(rng)
    known = KnownIdentities(
        names=(f"{patient.family}^{patient.given}", f"{reader.family}^{reader.given}"),
        numbers=(mrn, accession),
    )
    made = Planted("", dict(row["labels"]), str(row["text"]), known)  # type: ignore[call-overload]
    before, after = list[str](), list[str]()
    for place, kind, line, telling in rng.sample(
        _lines(rng, patient, reader, other, (mrn, accession)), rng.randint(3, 6)
    ):
        (before if place == "before" else after).append(line)
        made.identities += [(kind, one) for one in telling]
    text = str(row["text"]).strip()
    glue = rng.choice(("\n", " "))
    if text and text[-1] not in ".!?":
        text += "."
    made.text = "".join(f"{one}\n" for one in before) + glue.join([text, *after])
    return made


def _lines(
    rng: random.Random, patient: _Persons, reader: _Persons, other: _Persons,
    numbers: tuple[str, str],
) -> list[tuple[str, str, str, list[str]]]:
    """Where, of which kind, the words, and what of them tells who it is."""
    day, second, phone = _day(rng), _day(rng), _phone(rng)
    street = f"{rng.randint(2, 320)} {rng.choice(STREETS)}"
    town, house, age = rng.choice(TOWNS), rng.choice(HOUSES), str(rng.randint(90, 104))
    p, r, o = patient.written(), reader.written(), other.written()
    mrn, accession = numbers
    return [
        ("before", "patient", rng.choice((f"Patient: {p}", f"NAME: {p}  MRN: {mrn}",
                                          f"PATIENT NAME: {p}", f"Re: {p}",
                                          f"{p} was examined today.")), patient.telling()),
        ("after", "patient", rng.choice((f"Thank you for referring {p}.",
                                         f"Mr {patient.family} tolerated the examination well.",
                                         f"{patient.given}'s line was adjusted; "
                                         f"Ms. {patient.family} is aware.",
                                         f"The patient, {p}, was informed.")), patient.telling()),
        ("before", "record number", rng.choice((f"MRN: {mrn}", f"Hospital number {mrn}",
                                                f"ID {mrn}", f"(MRN {mrn})")), [mrn]),
        ("before", "record number", rng.choice((f"Accession: {accession}", f"Acc# {accession}",
                                                f"Order {accession}")), [accession]),
        ("before", "date", rng.choice((f"DOB: {day}", f"Date of birth {day}",
                                       f"EXAM DATE: {day}", f"Chest radiograph of {day}")), [day]),
        ("before", "date", rng.choice((f"COMPARISON: {second}.", f"Comparison: radiograph "
                                       f"dated {second}.", f"COMPARISON: CT from {second}.")),
         [second]),
        ("after", "reader", rng.choice((f"Electronically signed by: {r}, MD", f"Dictated by {r}",
                                        f"Dr. {reader.family}, consultant radiologist",
                                        f"Signed: {r}", f"{r}, MD", f"Reported by Dr {r}")),
         reader.telling()),
        ("after", "other person", rng.choice((f"Discussed with Dr. {other.family} at 14:35.",
                                              f"Findings were communicated to {o} by telephone.",
                                              f"Called to nurse {other.given} {other.family}.",
                                              f"Her daughter {other.given} {other.family} "
                                              "was present.", f"cc: {o}",
                                              f"Spoke with {other.given} {other.family} "
                                              "in the ED.")), other.telling()),
        ("after", "telephone", rng.choice((f"Call {phone} with questions.", f"Contact: {phone}.",
                                           f"Reached at {phone}.")), [phone]),
        ("after", "address", rng.choice((f"Lives at {street}, {town}.", f"Address: {street}",
                                         f"Resides at {street}, {town}.")), [street]),
        ("before", "hospital", rng.choice((f"{house}", f"{house}, Department of Radiology",
                                           f"Transferred from {house}.")), [house]),
        ("before", "age above 89", rng.choice((f"{age}-year-old woman with cough.",
                                               f"{age} y/o male, fall.", f"Aged {age}.")), [age]),
    ]  # fmt: skip


def left_in(text: str, kind: str, value: str, *, original: str = "") -> bool:
    """Whether something planted can still be read in a text; original: of the report before."""
    if kind in ("patient", "reader", "other person"):
        pattern = re.compile(rf"(?<!\w){re.escape(value)}(?!\w)", re.IGNORECASE)
        return len(pattern.findall(text)) > len(pattern.findall(original))
    if kind == "age above 89":
        return value != "90" and re.search(rf"\b{value}\b", text) is not None
    if kind in ("address", "hospital"):
        return value.rsplit(" ", 1)[0].lower() in text.lower()
    return value.lower() in text.lower()
