"""Simulated radiographs with the true outline of the lungs beside each, as a folder with a table:
for a device that tells a finding from an outlined region."""

from pathlib import Path
from typing import Any

from imaging.sources.cases import draw_case, stream
from imaging.sources.masks import mask_png
from imaging.sources.simulated_courses import PARTS, write_rows
from imaging.sources.simulator import development_plan, lungs_of, study_bytes
from imaging.sources.sites import EXTERNAL_SITE


def write_outlined_set(folder: Path, *, per_site: int, seed: int) -> int:
    """Write radiographs, masks and ``manifest.csv``; how many studies.

    The finding is pneumonia. The studies of one site are the external test; of the others patients
    are dealt to training, tuning and test. A patient who comes again is left out: one study a
    patient.
    """
    rows: list[dict[str, Any]] = []
    seen: set[str] = set()
    for place in ("simulated", "masks"):
        (folder / place).mkdir(parents=True, exist_ok=True)
    for plan in development_plan(seed, per_site):
        case = draw_case(plan)
        if plan.defect is not None or case.patient.patient_id in seen:
            continue
        seen.add(case.patient.patient_id)
        name = f"{plan.site}-{plan.index:05d}"
        (folder / "simulated" / f"{name}.dcm").write_bytes(study_bytes(case))
        (folder / "masks" / f"{name}.png").write_bytes(mask_png(lungs_of(case)))
        dealt = stream(plan, "part").random()
        part = next(one for one, end in PARTS.items() if dealt < end)
        rows.append({
            "file": f"simulated/{name}.dcm", "mask": f"masks/{name}.png", "label": case.finding,
            "patient": case.patient.patient_id, "site": plan.site, "age": case.age_years,
            "sex": case.patient.sex, "view": "AP" if case.portable else "PA",
            "date": plan.day.isoformat(),
            "split": "external" if plan.site == EXTERNAL_SITE else part,
        })  # fmt: skip
    write_rows(folder / "manifest.csv", rows)
    return len(rows)
