"""``radvigil study results``: what a version said of a study, as a file for other systems."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cli.opening import acting, now_of, who_exports
from cli.options import AsJson, Home


class FhirRelease(StrEnum):
    """The releases of FHIR that are written."""

    R4 = "R4"
    R5 = "R5"


def results(
    study: Annotated[str, typer.Argument(help="The study, such as STU-0001.")],
    fhir: Annotated[Path, typer.Option(dir_okay=False, help="The file to write; it must be new.")],
    release: Annotated[FhirRelease, typer.Option(help="Of FHIR.")] = FhirRelease.R4,
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Write the reading as a FHIR bundle: DiagnosticReport, Observations, Device, ImagingStudy.

    Study and patient stand under their pseudonyms; results under the hospital's own names go by
    DICOM ('radvigil node send'). The export is an event of the audit trail.
    """
    from cli.printing import print_json
    from journeys.write_fhir import write_fhir

    with acting(home) as store:
        actor = who_exports(store, task="study results")
        said = write_fhir(
            store, study, fhir, release=release.value, actor=actor, now=now_of(store)
        )
    if as_json:
        print_json({"prediction": said.label, "file": str(fhir), "release": release.value})
        return
    typer.echo(f"{said.label} is written to {fhir} (FHIR {release.value}, pseudonymous).")
