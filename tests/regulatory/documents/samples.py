"""Facts as a finished demonstration would supply them: three sites, one of them degraded."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime, timedelta

import numpy as np

from measures.estimate import Estimate
from regulatory.documents.blocks import RecordRef, Signed
from regulatory.documents.content import Freeze, Trace
from regulatory.documents.facts import Edition, Measured, ModelName, Note, Signer

SITES = ("Nordklinik", "Westspital", "Seeklinik")
FREEZE = datetime(2026, 3, 2, 17, 30, tzinfo=UTC)


def sha(text: str) -> str:
    """A digest that looks like one."""
    return hashlib.sha256(text.encode()).hexdigest()


MODEL = ModelName("MDV-0001", "pneumonia-cxr 1.0.0", sha("weights"))


def at(day: int, hour: int = 9, minute: int = 0) -> datetime:
    """An instant `day` days after 1 January 2026."""
    return datetime(2026, 1, 1, hour, minute, tzinfo=UTC) + timedelta(days=day)


def share_of(measure: str, k: int, n: int, subgroup: str = "all") -> Estimate:
    """A proportion with its Wilson interval."""
    p, z = k / n, 1.959964
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * ((p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5) / (1 + z * z / n)
    return Estimate(
        measure,
        n=n,
        value=p,
        low=middle - half,
        high=middle + half,
        method="Wilson",
        subgroup=subgroup,
        numerator=k,
        denominator=n,
    )


def about(
    measure: str, value: float, half: float, n: int, *, method: str = "DeLong", group: str = "all"
) -> Estimate:
    """An estimate with a symmetric interval."""
    return Estimate(
        measure,
        n=n,
        value=value,
        low=value - half,
        high=value + half,
        method=method,
        subgroup=group,
    )


def edition(number: str, **changes: object) -> Edition:
    """The edition of a draft in a demonstration workspace."""
    facts: dict[str, object] = {
        "number": number,
        "version": "1",
        "status": "draft",
        "device": "Radvigil Demo Chest Pneumonia Detector",
        "udi": "Basic UDI-DI (demonstration) 4012345PNEUMOCXRDEMO7V",
        "risk_class_eu": "IIa",
        "risk_class_us": "II",
        "manufacturer": "Demo Medical Software GmbH, Musterstraße 1, 10115 Berlin, Germany",
        "model_versions": (MODEL,),
        "period": (date(2026, 1, 1), date(2026, 3, 1)),
        "freeze": Freeze(FREEZE, 21874, sha("head")),
        "prepared_by": "service 'compile' on the request of Demo Regulatory (regulatory)",
        "generator": "radvigil 0.1.0",
        "signers": (
            Signer("quality", "review"),
            Signer("regulatory", "approval"),
        ),
        "marking": "DEMONSTRATION: simulated data and signers",
    }
    return Edition(**(facts | changes))  # type: ignore[arg-type]


def signed(name: str, role: str, meaning: str, when: datetime, record: str = "SIG-0001") -> Signed:
    """A signature by a demonstration person."""
    return Signed(name, role, meaning, when, sha(name + meaning), record)


def note(text: str, author: str = "Demo Clinician", role: str = "clinician") -> Note:
    """Words of a demonstration person."""
    return Note(text, author, role, at(58, 14, 5), "DOC-0001")


def measured(estimate: Estimate, number: int, *, split: str = "", site: str = "") -> Measured:
    """A stored estimate with its record."""
    return Measured(estimate, f"EVR-{number:04d}", split, site)


def refs(prefix: str, first: int, last: int) -> tuple[RecordRef, ...]:
    """A run of records with digests."""
    return tuple(
        RecordRef(f"{prefix}-{number:04d}", sha(f"{prefix}{number}"))
        for number in range(first, last + 1)
    )


def traces() -> tuple[Trace, ...]:
    """What each section rests on."""
    return (
        Trace("1", "queries.find_device", refs("DEV", 1, 1)),
        Trace("3", "queries.newest_dataset", refs("DSV", 1, 1)),
        Trace("8", "queries.results_of", refs("EVR", 1, 44) + refs("EVR", 60, 61)),
        Trace("12", "queries.acceptance_results", refs("ACR", 1, 4)),
    )


def random(seed: int) -> np.random.Generator:
    """Numbers that are the same in every session."""
    return np.random.default_rng(seed)
