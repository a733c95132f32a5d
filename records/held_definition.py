"""The definition that a device's record holds, as the program reads it."""

from records.base import digest_of
from records.definition import DeviceDefinition
from records.errors import IntegrityBroken
from records.product import Device


def definition_of(device: Device) -> DeviceDefinition:
    """What a revision of a device promises, once it is what its digest names.

    Raises:
        IntegrityBroken: It was altered; the revision is named.
    """
    if digest_of(device.definition) != device.definition_digest:
        raise IntegrityBroken(
            f"The definition of {device.label} ({device.name}, revision {device.revision}) was "
            "altered.",
            hint="See 'radvigil audit verify'. Restore a backup and keep what is there as "
            "evidence.",
        )
    return DeviceDefinition.model_validate(device.definition)
