"""A form of an authority filled from a file of facts and what the records say of the device."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlmodel import Session

from records.settings import Workspace
from regulatory.forms.codes import NOT_LOADED, CodeList


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
    from records.typed_text import identities_of_workspace
    from regulatory.forms.catalogue import find_form
    from regulatory.forms.filling import fill_form
    from regulatory.forms.identities import refuse_identities
    from regulatory.forms.prefill import facts_of_device
    from regulatory.forms.writing import data_set

    said = dict(facts)
    if device:
        definition = find_device(reader, device).definition
        said = facts_of_device(find_form(form_id), definition) | said
    filled = fill_form(form_id, said)
    with identities_of_workspace(reader, workspace, now=now) as look:
        refuse_identities(filled, look)
    return data_set(filled, codes=codes, follows=follows)


def fill_submission_of_incident(
    reader: Session, workspace: Workspace, form_id: str, label: str, facts: Mapping[str, Any], *,
    codes: CodeList = NOT_LOADED, follows: Mapping[str, Any] | None = None, now: datetime,
) -> dict[str, Any]:
    """The data set of a form for an incident: what its record, the first awareness fact that counts
    and the device's definition say, below what the file of facts says.

    label: such as INC-0001.

    Raises:
        InvalidInput: The form, the label or a fact is not known.
        NotFound: There is no such incident.
        Refused: A text seems to name a patient, or this does not follow what it says it follows.
    """
    from zoneinfo import ZoneInfo

    from records.incidents import Incident, counting_facts
    from records.lookup import find_record
    from records.product import Device, ModelVersion
    from regulatory.forms.catalogue import find_form
    from regulatory.forms.prefill import facts_of_incident

    one = find_record(reader, Incident, label)
    known = counting_facts(reader, one)
    version = (
        reader.get_one(ModelVersion, one.model_version_id).name if one.model_version_id else ""
    )
    told = facts_of_incident(
        find_form(form_id), label=one.label, words=one.words, event_from=one.event_from,
        event_to=one.event_to, version=version, site=one.site,
        aware_on=known[0].known_at.astimezone(ZoneInfo(known[0].zone)).date() if known else None,
    )
    return fill_submission_of_device(
        reader, workspace, form_id, told | dict(facts),
        device=reader.get_one(Device, one.device_id).name, codes=codes, follows=follows, now=now,
    )
