"""A plan of predetermined changes is read-only once it is authorized (FD&C Act 515C)."""

from sqlmodel import Session, col, select

from records.errors import Refused
from records.held_definition import definition_of
from records.product import Device


def require_authorized_plan_kept(session: Session, device: Device) -> None:
    """Raise :class:`Refused` where a revision alters a plan under the same authorization.

    Changing the plan itself needs a submission, and so another document or version.
    """
    plan = definition_of(device).pccp
    if plan.authorization is None:
        return
    named = (plan.authorization.document, plan.authorization.version)
    earlier = select(Device).where(
        Device.name == device.name, Device.id != device.id,
        col(Device.status).in_(("accepted", "superseded")),
    )
    for one in session.exec(earlier.order_by(col(Device.revision))):
        before = definition_of(one).pccp
        authorized = before.authorization
        if authorized is None or (authorized.document, authorized.version) != named:
            continue
        altered = sorted(
            name for name in type(plan).model_fields if getattr(plan, name) != getattr(before, name)
        )
        if altered:
            raise Refused(
                f"{device.label} alters the change control plan that {named[0]}, version "
                f"{named[1]}, authorized ({', '.join(altered)}; as in {one.label}).",
                hint="A changed plan needs a new authorization: name its document and version.",
            )
