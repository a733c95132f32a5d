"""``radvigil study deidentification``: what was done to take the people out of a study."""

from typing import Annotated

import typer

from cli.opening import looking
from cli.options import AsJson, Home


def deidentification(
    label: Annotated[str, typer.Argument(help="The study, such as STU-0001.")],
    as_json: AsJson = False,
    home: Home = None,
) -> None:
    """Profile, options, actions, letters in pixels, verdicts and risks of a study's images.

    --json names each attribute by image as well.
    """
    from cli.printing import print_fields
    from imaging.deidentification_run import summary_of
    from records.cases import Instance, Study
    from records.lookup import find_record, list_records

    with looking(home) as store, store.reader() as reader:
        study = find_record(reader, Study, label)
        images = list_records(reader, Instance, study_id=study.id)
        found = {"study": study.label} | summary_of(one.deidentification for one in images)
        if as_json:
            found["runs"] = {one.label: one.deidentification for one in images}
    print_fields(found, as_json=as_json)
