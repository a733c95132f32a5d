"""A form of an authority filled from a file of facts and what the records say of the device."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from sqlmodel import Session

from records.settings import Workspace
from regulatory.forms.codes import NOT_LOADED, CodeList

if TYPE_CHECKING:
    from records.base import Record
    from regulatory.forms.prefill import Known


def fill_submission(
    form_id: str, facts: Mapping[str, Any], *, codes: CodeList = NOT_LOADED,
    follows: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The data set of a form by facts alone; only identities as people write them are found.

    Raises:
        InvalidInput: The form or a fact is not known.
        Refused: A text seems to name a patient, or this does not follow what it says it follows.
    """
    from regulatory.forms.filling import fill_form
    from regulatory.forms.identities import refuse_identities
    from regulatory.forms.writing import data_set

    filled = fill_form(form_id, facts)
    refuse_identities(filled)
    return data_set(filled, codes=codes, follows=follows)


def fill_submission_of_device(
    reader: Session, workspace: Workspace, form_id: str, facts: Mapping[str, Any], *,
    device: str = "", codes: CodeList = NOT_LOADED, follows: Mapping[str, Any] | None = None,
    now: datetime,
) -> dict[str, Any]:
    """The data set of a form in a workspace: a device's definition fills what no fact says, and
    texts are held against those whose studies are here.

    device: its name; '' fills nothing.

    Raises:
        InvalidInput: The form or a fact is not known.
        NotFound: There is no such device.
        Refused: A text seems to name a patient, or this does not follow what it says it follows.
    """
    from records.queries import find_device
    from regulatory.forms.catalogue import find_form
    from regulatory.gathering.submission_facts import known_of_device

    known = (
        known_of_device(reader, find_form(form_id), find_device(reader, device), on=now.date())
        if device else {}
    )
    return _filled(reader, workspace, form_id, known, facts, codes=codes, follows=follows, now=now)


def fill_submission_about(
    reader: Session, workspace: Workspace, form_id: str, label: str, facts: Mapping[str, Any], *,
    codes: CodeList = NOT_LOADED, follows: Mapping[str, Any] | None = None,
    countries: Mapping[str, str] | None = None, now: datetime,
) -> dict[str, Any]:
    """The data set of a form about an incident, a field action or an assessment of a correction.

    What records say stands below what the facts say, and each prefilled field names its records.

    label: such as INC-0001, FSA-0001 or COA-0001. countries: by site, for the counts of a
    MIR, where they differ from the records of the sites.

    Raises:
        InvalidInput: The form, the label, a fact or a country is not known.
        NotFound: There is no such record.
        Refused: A text seems to name a patient, or this does not follow what it says it follows.
    """
    from records.correction_assessments import CorrectionAssessment
    from records.field_actions import FieldAction
    from records.incidents import Incident
    from records.lookup import find_record
    from regulatory.forms.catalogue import find_form
    from regulatory.gathering.field_action_facts import known_of_assessment, known_of_field_action
    from regulatory.gathering.submission_facts import known_of_incident

    form = find_form(form_id)
    if about_table(label) is FieldAction:
        known = known_of_field_action(reader, form, find_record(reader, FieldAction, label),
                                      on=now.date())  # fmt: skip
    elif about_table(label) is CorrectionAssessment:
        known = known_of_assessment(reader, form, find_record(reader, CorrectionAssessment, label),
                                    on=now.date())  # fmt: skip
    else:
        known = known_of_incident(
            reader, form, find_record(reader, Incident, label), codes=codes,
            countries=_countries(reader, countries or {}), now=now,
        )
    return _filled(reader, workspace, form_id, known, facts, codes=codes, follows=follows, now=now)


def about_table(label: str) -> "type[Record]":
    """The class of what a form is about, by its label; an incident where it is none of the others.
    """
    from records.correction_assessments import CorrectionAssessment
    from records.field_actions import FieldAction
    from records.incidents import Incident

    prefix = label.strip().upper().partition("-")[0]
    return {one.PREFIX: one for one in (FieldAction, CorrectionAssessment)}.get(prefix, Incident)


def _countries(reader: Session, told: Mapping[str, str]) -> Mapping[str, str]:
    from records.countries import check_country
    from records.errors import InvalidInput
    from records.queries import sites_by_name

    sites = sites_by_name(reader)
    for site, country in told.items():
        if site not in sites:
            raise InvalidInput(f"There is no site '{site}'.", hint=f"Sites: {', '.join(sites)}.")
        check_country(country)
    return told


_COUNTRIES: Final = ("states_affected",)
"""Fields with the countries of sites: what is told against the sites' records is said."""


def _filled(
    reader: Session, workspace: Workspace, form_id: str, known: "Mapping[str, Known]",
    facts: Mapping[str, Any], *, codes: CodeList, follows: Mapping[str, Any] | None, now: datetime,
) -> dict[str, Any]:
    from records.typed_text import identities_of_workspace
    from regulatory.correction_proposals import affected_otherwise
    from regulatory.forms.filling import fill_form
    from regulatory.forms.identities import refuse_identities
    from regulatory.forms.writing import data_set

    filled = fill_form(form_id, {key: one.value for key, one in known.items()} | dict(facts))
    with identities_of_workspace(reader, workspace, now=now) as look:
        refuse_identities(filled, look)
    return data_set(
        filled, codes=codes, follows=follows,
        sources={key: one.sources for key, one in known.items() if key not in facts},
        contradictions={
            key: one.contradiction for key, one in known.items() if key not in facts
        },
        otherwise={
            key: affected_otherwise(facts[key], known[key].value) for key in _COUNTRIES
            if key in known and isinstance(facts.get(key), list)
        },
    )
