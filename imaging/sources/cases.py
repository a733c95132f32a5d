"""Who is imaged and what is wrong with them: every fact of a simulated study, from its plan."""

import hashlib
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache
from typing import Final

import numpy as np

from imaging.sources.base import Phase, StudyPlan
from imaging.sources.knobs import CHILD_YEARS, NEUTRAL, site_with

OPERATION_START: Final = date(2026, 6, 1)
DEVELOPMENT_DAYS: Final = 240  # development studies lie in the days before operation starts
PNEUMONIA, PNEUMOTHORAX = "pneumonia", "pneumothorax"
"""What a simulated study may show, as a truth list names it."""
RETURNING_SHARE: Final = 0.03  # of patients, who come a second time
# Part of every file's name and UID: raise it when the same plan gives other pixels.
SIMULATOR_VERSION: Final = 1

_FAMILY = (
    "Abel", "Brandt", "Castillo", "Dubois", "Eriksen", "Fontana", "Grigoriou", "Hansen", "Ivanova",
    "Jansen", "Kowalski", "Lindqvist", "Moreau", "Novak", "Okafor", "Pereira", "Quinn", "Rossi",
    "Schmidt", "Tanaka", "Ueda", "Vargas", "Weber", "Xu", "Yilmaz", "Zimmer",
)  # fmt: skip
_GIVEN = {
    "F": ("Anna", "Beatriz", "Clara", "Dalia", "Elena", "Fatima", "Greta", "Hana", "Ines", "Julia"),
    "M": ("Anton", "Bruno", "Carlos", "David", "Emil", "Farid", "Georg", "Hugo", "Ivan", "Jonas"),
}


@dataclass(frozen=True, slots=True)
class Anatomy:
    """The shape of one patient, the same at every visit. Sizes are relative to 1."""

    size: float
    width: float
    build: float  # soft tissue around the chest
    lung_height: float
    heart: float
    rib_spacing: float
    rib_phase: float
    rib_slope: float
    bone: float
    breast: float
    aortic_knob: float
    asymmetry: float


@dataclass(frozen=True, slots=True)
class Patient:
    """A made-up person with a name, number and birth date for de-identification to remove."""

    name: str
    patient_id: str
    sex: str
    birth_date: date
    anatomy: Anatomy


@dataclass(frozen=True, slots=True)
class Case:
    """One study of one patient: all that decides what the radiograph shows.

    ``finding``: 1 where there is any. ``subtlety`` runs from 0 (obvious) to 1 (barely visible), and
    is 0 without the finding; ``subtlety_beside`` is that of a pneumothorax beside a pneumonia.
    """

    plan: StudyPlan
    patient: Patient
    age_years: int
    portable: bool
    finding: int
    subtlety: float
    findings: tuple[str, ...]
    subtlety_beside: float = 0.0

    @property
    def grade(self) -> str:
        """The subtlety in a reader's words."""
        if not self.finding:
            return "none"
        if self.subtlety < 0.35:
            return "obvious"
        return "moderate" if self.subtlety < 0.7 else "subtle"


def stream(plan: StudyPlan, purpose: str) -> np.random.Generator:
    """The random numbers of one study for one purpose, the same on every run and worker.

    Neither the degraded software nor the image size enters: the same patients come.
    """
    phase = 0 if plan.phase is Phase.DEVELOPMENT else 1
    words = [plan.seed, phase, plan.day_index + 1, plan.index]
    names = [_number(plan.site), _number(purpose)]
    return np.random.default_rng(np.random.SeedSequence([*words, *names]))


def uid(plan: StudyPlan, kind: str) -> str:
    """A DICOM UID under 2.25 that belongs to this plan alone.

    DICOM PS3.5 B.2: 2.25 followed by a 128-bit number.
    """
    facts = (
        SIMULATOR_VERSION, plan.seed, plan.site, plan.phase.value, plan.day_index, plan.index,
        plan.degraded, plan.defect, plan.pixels, kind,
    )  # fmt: skip
    named = facts if plan.knobs == NEUTRAL else (*facts, plan.knobs.turned)
    digest = hashlib.sha256(repr(named).encode()).digest()
    return f"2.25.{int.from_bytes(digest[:16], 'big')}"


def development_day(seed: int, site: str, index: int) -> date:
    """Study date of one development study, spread evenly over the months before operation."""
    words = [seed, 2, index, _number(site)]
    offset = np.random.default_rng(np.random.SeedSequence(words)).integers(1, DEVELOPMENT_DAYS + 1)
    return OPERATION_START - timedelta(days=int(offset))


def draw_case(plan: StudyPlan) -> Case:
    """Who comes, how they are imaged and what they have: pneumonia, or what else was asked for."""
    site = site_with(plan.site, plan.knobs)
    first = _first_visit(plan)
    patient, age_then = _draw_patient(first)
    age = max(0, age_then + (plan.day - first.day).days // 365)
    rng = stream(plan, "case")
    portable = bool(rng.random() < site.portable_share)
    odds = site.prevalence / (1 - site.prevalence)
    odds *= np.exp(0.01 * (age - site.age_mean) + (0.25 if portable else -0.1))
    finding = int(rng.random() < odds / (1 + odds))
    subtlety = float(rng.beta(1.2, 1.7)) if finding else 0.0
    if finding and plan.knobs.subtler:
        subtlety += plan.knobs.subtler * (1 - subtlety)
    found: tuple[str, ...] = (PNEUMONIA,) if finding else ()
    if plan.knobs.pneumothorax and (plan.knobs.together or not finding):
        air = stream(plan, "pneumothorax")
        if air.random() < plan.knobs.pneumothorax:
            how = float(air.beta(1.2, 1.7))
            if found:
                found = (PNEUMONIA, PNEUMOTHORAX)
                return Case(plan, patient, age, portable, 1, subtlety, found, how)
            finding, subtlety, found = 1, how, (PNEUMOTHORAX,)
    return Case(plan, patient, age, portable, finding, subtlety, found)


def _first_visit(plan: StudyPlan) -> StudyPlan:
    """The plan under which this patient came for the first time (mostly this very plan)."""
    rng = stream(plan, "visit")
    if rng.random() >= RETURNING_SHARE:
        return plan
    if plan.phase is Phase.DEVELOPMENT:
        if plan.index == 0:
            return plan
        index = int(rng.integers(plan.index))
        day = development_day(plan.seed, plan.site, index)
        return _first_visit(replace(plan, index=index, day=day))
    days = int(rng.integers(1, 22))
    if plan.day_index < days:
        return plan
    earlier = plan.day - timedelta(days=days)
    return _first_visit(replace(plan, day_index=plan.day_index - days, day=earlier))


def _draw_patient(first: StudyPlan) -> tuple[Patient, int]:
    site = site_with(first.site, first.knobs)
    rng = stream(first, "patient")
    sex = "F" if rng.random() < site.female_share else "M"
    youngest, oldest = CHILD_YEARS if first.knobs.children else (18, 94)
    age = int(np.clip(rng.normal(site.age_mean, site.age_sd), youngest, oldest))
    birth = first.day - timedelta(days=int(age * 365.25) + int(rng.integers(5, 360)))
    family = _FAMILY[int(rng.integers(len(_FAMILY)))]
    given = _GIVEN[sex][int(rng.integers(len(_GIVEN[sex])))]
    number = f"{first.site[:2].upper()}{int(rng.integers(10**9, 10**10))}"
    anatomy = _draw_anatomy(rng, sex=sex, age=age)
    if first.knobs.children:
        anatomy = _of_child(anatomy)
    return Patient(f"{family}^{given}", number, sex, birth, anatomy), age


def _draw_anatomy(rng: np.random.Generator, *, sex: str, age: int) -> Anatomy:
    female = sex == "F"
    old = (age - 55) / 40
    return Anatomy(
        size=float(rng.normal(0.97 if female else 1.02, 0.035)),
        width=float(rng.normal(0.98 if female else 1.01, 0.035)),
        build=float(np.clip(rng.normal(1.0, 0.13), 0.72, 1.4)),
        lung_height=float(rng.normal(1.0 + 0.02 * old, 0.045)),
        heart=float(rng.normal(1.0 + 0.08 * max(old, 0.0), 0.07)),
        rib_spacing=float(rng.normal(0.158, 0.007)),
        rib_phase=float(rng.uniform(0, 1)),
        rib_slope=float(rng.normal(0.55, 0.07)),
        bone=float(rng.normal(1.0 - 0.18 * max(old, 0.0) - (0.06 if female else 0.0), 0.1)),
        breast=float(max(0.0, rng.normal(0.30, 0.13))) if female else 0.0,
        aortic_knob=float(np.clip(rng.normal(0.5 + 0.4 * old, 0.2), 0.0, 1.3)),
        asymmetry=float(rng.normal(0, 0.015)),
    )


def _of_child(adult: Anatomy) -> Anatomy:
    """The same draw in a child: a wide heart, low lungs, little bone, ribs that lie flat."""
    return replace(
        adult, heart=1.16 * adult.heart, lung_height=0.93 * adult.lung_height,
        bone=0.72 * adult.bone, rib_slope=0.7 * adult.rib_slope,
        rib_spacing=0.92 * adult.rib_spacing, breast=0.0, aortic_knob=0.3 * adult.aortic_knob,
    )


@cache
def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
