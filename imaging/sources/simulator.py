"""Radiographs of simulated hospitals, written as the DICOM files that real ones would send.

Everything about a study follows from its plan: the same plan gives the same bytes on any day and
with any number of workers. Without the faulty detector software a site's studies in operation
come from the same distribution as its development studies; nothing depends on date or order.
"""

import signal
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from imaging.sources.acquisition import (
    Exposure,
    degrade,
    develop,
    draw_exposure,
    expose,
    finish,
    positioned,
    shuttered,
)  # fmt: skip
from imaging.sources.base import (
    Defect,
    Phase,
    ReaderRow,
    SimulatedStudy,
    SourceRefused,
    StudyPlan,
    TruthRow,
)  # fmt: skip
from imaging.sources.cases import (
    OPERATION_START,
    PNEUMONIA,
    PNEUMOTHORAX,
    Case,
    development_day,
    draw_case,
    stream,
    uid,
)  # fmt: skip
from imaging.sources.dx import Projection, encode
from imaging.sources.knobs import NEUTRAL, Knobs, disturbed, site_with
from imaging.sources.masks import mask_png
from imaging.sources.opacities import confounders, haze, pneumonia
from imaging.sources.phantom import Chest, draw_chest, lung_outline
from imaging.sources.pleura import pneumothorax
from imaging.sources.sites import DEVELOPMENT_SITES, SITES

DEFECT_SHARE: Final = 0.005  # of files, on top of the studies asked for
OUTLINES: Final = "outlines"
"""Below the folder of the sites: the masks of the plans that ask for them."""
NEVER_KNOWN_SHARE: Final = 0.03  # of studies in operation whose truth never arrives
POOL_FROM: Final = 300  # below this many files, starting workers costs more than it saves


def development_plan(
    seed: int, per_site: int, *, pixels: int = 160, knobs: Knobs = NEUTRAL
) -> list[StudyPlan]:
    """``per_site`` studies of each development site, and a few bad files on top.

    The dates lie in the 240 days before operation starts. ``knobs``: what a drill turned.
    """
    plans: list[StudyPlan] = []
    for site in DEVELOPMENT_SITES:
        defects = _defects(seed, site, phase=0, day_index=-1, studies=per_site)
        for index, defect in enumerate(defects):
            day = development_day(seed, site, index)
            plans.append(
                StudyPlan(
                    seed, site, Phase.DEVELOPMENT, day, -1, index, False, defect, pixels, knobs
                )
            )
    return plans


def operation_day_plan(
    seed: int, site: str, day_index: int, n: int, degraded: bool, *, pixels: int = 160,
    knobs: Knobs = NEUTRAL,
) -> list[StudyPlan]:  # fmt: skip
    """The ``n`` studies of one site on one day of operation, and now and then a bad file on top.

    ``day_index`` counts from 0, which is OPERATION_START. ``degraded``: the detector already runs
    the faulty software; the patients who come are the same either way. ``knobs``: what a drill
    turned; the patients are the same unless it turned who comes.
    """
    if site not in SITES:
        raise SourceRefused(
            f"unknown site {site!r}", where="operation plan", hint=f"Known: {', '.join(SITES)}"
        )
    day = OPERATION_START + timedelta(days=day_index)
    defects = _defects(seed, site, phase=1, day_index=day_index, studies=n)
    return [
        StudyPlan(
            seed, site, Phase.OPERATION, day, day_index, index, degraded, defect, pixels, knobs
        )
        for index, defect in enumerate(defects)
    ]


def simulate(
    plans: Sequence[StudyPlan],
    folder: Path,
    *,
    workers: int,
    progress: Callable[[int], None] | None = None,
) -> list[SimulatedStudy]:
    """Write the planned studies below ``folder`` and say, in the same order, what they show.

    Files go to ``folder/<site>/development/`` or ``folder/<site>/<YYYY-MM-DD>/``. A file that is
    there already is complete and stays: an interrupted run goes on where it stopped. ``progress``
    is told how many plans are done. ``workers`` above 1 share long jobs among processes.
    """
    if workers < 1:
        raise SourceRefused(f"{workers} workers", where="simulate", hint="Ask for at least 1")
    jobs = [(plan, folder) for plan in plans]
    for place in {study_path(plan, folder).parent for plan in plans}:
        place.mkdir(parents=True, exist_ok=True)
    if any(plan.outlined for plan in plans):
        (folder / OUTLINES).mkdir(exist_ok=True)
    studies: list[SimulatedStudy] = []
    if workers == 1 or len(jobs) < POOL_FROM:
        for job in jobs:
            studies.append(write_study(job))
            if progress is not None:
                progress(len(studies))
        return studies
    # Ctrl+C reaches the whole group; the one who started the workers answers it for them.
    with ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=signal.signal,
        initargs=(signal.SIGINT, signal.SIG_IGN),
    ) as pool:
        for study in pool.map(write_study, jobs, chunksize=25):
            studies.append(study)
            if progress is not None:
                progress(len(studies))
    return studies


def study_path(plan: StudyPlan, folder: Path) -> Path:
    """Where the file of this plan lies; the name says nothing about the patient."""
    place = "development" if plan.phase is Phase.DEVELOPMENT else plan.day.isoformat()
    name = f"{plan.index:05d}-{int(uid(plan, 'file')[5:]) % 16**10:010x}.dcm"
    return folder / plan.site / place / name


def write_study(job: tuple[StudyPlan, Path]) -> SimulatedStudy:
    """Write the file of one plan unless it is there, and report its truth and its reading."""
    plan, folder = job
    case = draw_case(plan)
    path = study_path(plan, folder)
    if not path.exists():
        part = path.with_suffix(".part")
        part.write_bytes(study_bytes(case))
        part.replace(path)
    truth, reading = (None, None) if plan.defect else read_by_people(case)
    if truth is not None and plan.outlined:
        truth, reading = replace(truth, finding=1, outline=_outline_of(case, folder)), None
    return SimulatedStudy(
        path=path,
        site=plan.site,
        phase=plan.phase,
        day=plan.day,
        study_uid=uid(plan, "study"),
        truth=truth,
        reading=reading,
        subtlety=case.grade,
        findings=case.findings,
        defect=plan.defect,
    )


def _outline_of(case: Case, folder: Path) -> str:
    """Write the true outline of the lungs unless it is there; where it lies below the folder."""
    name = f"{OUTLINES}/{uid(case.plan, 'outline')[5:]}.png"
    if not (folder / name).exists():
        part = (folder / name).with_suffix(".part")
        part.write_bytes(mask_png(lungs_of(case)))
        part.replace(folder / name)
    return name


def study_bytes(case: Case) -> bytes:
    """The DICOM file of one case, or what is left of it where the plan asks for a bad file."""
    plan = case.plan
    if plan.defect is Defect.NOT_DICOM:
        return b"Export job finished with 1 error. This is a log, not an image.\n" * 20
    projection = _projection(case)
    picture, exposure = picture_of(case)
    if plan.defect is Defect.LATERAL:
        picture = np.ascontiguousarray(np.roll(picture, plan.pixels // 4, axis=1))
    if plan.defect is Defect.WRONG_BODY_PART:
        picture = np.ascontiguousarray(picture.T)
    whole = encode(picture, case, exposure, site_with(plan.site, plan.knobs), projection)
    if plan.defect is Defect.EMPTY_PIXELS:  # pixel data come last, after their length of 4 bytes
        return whole[: len(whole) - picture.nbytes - 4] + bytes(4)
    if plan.defect is Defect.TRUNCATED:
        return whole[: len(whole) - plan.pixels * plan.pixels]  # half of the pixel data
    return whole


def picture_of(case: Case) -> tuple[NDArray[np.uint16], Exposure]:
    """The stored pixel values of one case, shape (pixels, pixels), and its exposure settings."""
    plan = case.plan
    site = site_with(plan.site, plan.knobs)
    exposure = draw_exposure(case, site, stream(plan, "exposure"))
    body = stream(plan, "chest")
    chest = draw_chest(case.patient.anatomy, exposure.pose, body, pixels=plan.pixels)
    within = stream(plan, "lungs")
    shadows = haze(within, pixels=plan.pixels) + confounders(case, chest.lungs, within)
    if PNEUMONIA in case.findings:
        shadows = shadows + pneumonia(case, chest.lungs, stream(plan, "pneumonia"))
    if PNEUMOTHORAX in case.findings:
        air = replace(case, subtlety=case.subtlety_beside) if len(case.findings) > 1 else case
        shadows = shadows + pneumothorax(air, chest, stream(plan, "pneumothorax lung"))
    chest = Chest(chest.attenuation + shadows, chest.bone, chest.lungs)
    detector = stream(plan, "detector")
    shown = develop(expose(chest, case, exposure, site, detector), site, detector)
    if plan.degraded:
        shown = degrade(shown)
    if plan.knobs.turned:
        shown = disturbed(shown, plan.knobs)
    return finish(shown, case, exposure, site), exposure


def region_of(case: Case) -> NDArray[np.bool_]:
    """Where the pneumonia of a case lies on its picture, shape (pixels, pixels); empty without one.

    Every pixel with at least half of the strongest attenuation that the pneumonia added, as the
    patient stood, and not under a shutter.
    """
    plan = case.plan
    if PNEUMONIA not in case.findings:
        return np.zeros((plan.pixels, plan.pixels), dtype=bool)
    exposure = draw_exposure(case, site_with(plan.site, plan.knobs), stream(plan, "exposure"))
    body = stream(plan, "chest")
    chest = draw_chest(case.patient.anatomy, exposure.pose, body, pixels=plan.pixels)
    added = pneumonia(case, chest.lungs, stream(plan, "pneumonia"))
    stood = positioned(added, exposure, case.patient.anatomy.width)
    inside = (stood >= 0.5 * float(added.max())) & ~shuttered(exposure, plan.pixels)
    return np.asarray(inside, dtype=bool)


def lungs_of(case: Case) -> NDArray[np.bool_]:
    """Where the lungs of a case lie on its picture, the part behind the heart included.

    Shape (pixels, pixels): at least half lung, as the patient stood, and not under a shutter.
    """
    plan = case.plan
    exposure = draw_exposure(case, site_with(plan.site, plan.knobs), stream(plan, "exposure"))
    lungs, _ = lung_outline(case.patient.anatomy, exposure.pose, pixels=plan.pixels)
    stood = positioned(lungs, exposure, case.patient.anatomy.width) >= 0.5
    return np.asarray(stood & ~shuttered(exposure, plan.pixels), dtype=bool)


def _projection(case: Case) -> Projection:
    if case.plan.defect is Defect.LATERAL:
        return Projection(view="LL")
    view = "AP" if case.portable else "PA"
    body_part = "HAND" if case.plan.defect is Defect.WRONG_BODY_PART else "CHEST"
    return Projection(body_part=body_part, view=view)


def read_by_people(case: Case) -> tuple[TruthRow, ReaderRow]:
    """A consensus of three, days later, and one radiologist at the time, without the output."""
    plan, site = case.plan, site_with(case.plan.site, case.plan.knobs)
    rng = stream(plan, "readers")
    study = uid(plan, "study")
    delay: int | None = int(rng.integers(2, 11)) + plan.knobs.label_delay
    if rng.random() < NEVER_KNOWN_SHARE and plan.phase is Phase.OPERATION:
        delay = None
    panel = tuple(f"{site.name}-panel-{letter}" for letter in "abc")
    truth = TruthRow(study, site.name, plan.day, case.finding, "consensus", panel, delay)
    # Subtle findings are missed more often; the mean over subtlety stays the site's sensitivity.
    seen = site.reader_sensitivity + 0.30 * (0.41 - case.subtlety)
    chance = min(0.995, seen) if case.finding else 1 - site.reader_specificity
    said = int(rng.random() < chance)
    reader = f"{site.name}-reader-{int(rng.integers(1, 5))}"
    return truth, ReaderRow(study, reader, said)


def _defects(
    seed: int, site: str, *, phase: int, day_index: int, studies: int
) -> list[Defect | None]:
    """None for each good study, then the few defects that come on top."""
    words = [seed, 3, phase, day_index + 1, int.from_bytes(site.encode()[:8], "big")]
    rng = np.random.default_rng(np.random.SeedSequence(words))
    kinds = list(Defect)
    count = int(rng.poisson(DEFECT_SHARE * studies))
    good: list[Defect | None] = [None] * studies
    return good + [kinds[int(rng.integers(len(kinds)))] for _ in range(count)]
