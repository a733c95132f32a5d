"""A dry run of a device's rules: what they would choose of studies, and why; nothing is read."""

import secrets
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlmodel import Session

from imaging.arriving_files import find_files
from imaging.deidentify import Deidentifier
from imaging.pixels import parse_file
from imaging.reception import Received, examine
from imaging.results.identified import studies_of_accession
from imaging.series import ImageFacts, image_facts, series_of
from imaging.series_choice import Choice, choose_series
from journeys.choose_images import chosen_of, images_of
from journeys.explain_study import LOOKED_UP
from journeys.watch_day import scope_of
from records.audit import note
from records.cases import Study
from records.definition import DeviceDefinition
from records.errors import NotFound, Refused
from records.people import Actor
from records.permissions import Action, require
from records.queries import studies_by_uid
from records.series_selection import SeriesSelection
from records.store import Store
from records.vault import Vault


@dataclass
class DryRun:
    """What would be chosen of each study, by its label or number, and files refused by reason."""

    choices: dict[str, Choice] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)


def rules_of(definition: DeviceDefinition) -> SeriesSelection:
    """The rules of a definition.

    Raises:
        Refused: It has none.
    """
    if definition.series_selection is None:
        raise Refused(
            f"The definition of {definition.name} has no rules of selection: of each study its "
            "first image is read.",
            hint="Declare 'series_selection' in a new revision of the definition.",
        )
    return definition.series_selection


def select_in_files(definition: DeviceDefinition, path: Path) -> DryRun:
    """What would be chosen of files that were not taken in, each looked at as on its arrival.

    Studies are numbered; their pseudonyms are made up for this run and tell nothing.

    Raises:
        Refused: The definition has no rules.
        NotFound: There is nothing of that name.
    """
    selection, scope = rules_of(definition), scope_of(definition)
    stranger = Deidentifier(secrets.token_bytes(32))
    paths, run = find_files(path).paths, DryRun()
    facts: list[ImageFacts] = []
    seen: set[str] = set()
    for source, one in enumerate(paths):
        found = examine(one, stranger, scope)
        if not isinstance(found, Received):
            run.refused[found.code] += 1
        elif found.header.instance_uid not in seen:
            seen.add(found.header.instance_uid)
            facts.append(image_facts(source, parse_file(found.content)))
    openers = [partial(lambda one: parse_file(one.read_bytes()), one) for one in paths]
    series = series_of(facts, openers)
    in_order = dict.fromkeys(one.study_uid for one in facts)
    for number, study in enumerate(in_order, 1):
        some = [one for one in series if one.study_uid == study]
        run.choices[f"study {number}"] = choose_series(some, selection)
    return run


def select_in_studies(
    store: Store, definition: DeviceDefinition, studies: Sequence[Study]
) -> DryRun:
    """What would be chosen of studies that were taken in.

    Raises:
        Refused: The definition has no rules.
        IntegrityBroken: An image is missing or altered.
    """
    selection, vault, run = rules_of(definition), Vault(store.workspace.vault), DryRun()
    with store.reader() as reader:
        images = images_of(reader, [study.id or 0 for study in studies])
        for study in studies:
            run.choices[study.label] = chosen_of(vault, images[study.id or 0], selection)
    return run


def studies_to_select(
    store: Store, accession: str, *, by: Actor, now: datetime
) -> list[Study]:
    """The studies of an accession number; who looked is an event, the number is not kept.

    Raises:
        NotAllowed: The person has no role that looks studies up.
        NotFound: None that bears it was taken in.
    """
    require(by, Action.LOOK_UP_STUDY)
    uids = studies_of_accession(store, accession)
    with store.reader() as reader:
        found = _in_order(reader, uids)
    with store.transaction(by.name, "what would be read of a study", now=now) as tx:
        for subject in [one.subject for one in found] or ["Study:unknown"]:
            note(tx, LOOKED_UP, subject)
    if not found:
        raise NotFound(
            "No study of this accession number was taken in.",
            hint="'radvigil study explain' says whether its files wait or are in quarantine.",
        )
    return found


def _in_order(reader: Session, uids: Sequence[str]) -> list[Study]:
    return sorted(studies_by_uid(reader, set(uids)).values(), key=lambda one: one.id or 0)
