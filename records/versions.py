"""Model versions are registered once: the same name or digest never stands for something else.

A version is named by its weights and identified by the digest over all that it is (REG-045; IEC
62304 8; AI Act Annex IV(2)). Its row cannot be changed afterwards (records/append_only.py).
"""

import re
from pathlib import Path

from sqlmodel import Session, col, or_, select

from records.append_only import IDENTITY
from records.errors import InvalidInput, Refused
from records.product import ModelVersion

NO_CONTAINER = "no container"
UNTOLD = "a container whose image digest nobody told (RADVIGIL_IMAGE_DIGEST)"
MARKS = (Path("/.dockerenv"), Path("/run/.containerenv"))
"""Files by which Docker and Podman say that this runs in a container."""

_IMAGE = re.compile(r"sha256:[0-9a-f]{64}")
_NOT_ITS_IDENTITY = {"id", "name", "commit", "vault_path", "trained_at"}
"""What differs where the same version is trained again at another time."""


def register_version(tx: Session, version: ModelVersion) -> ModelVersion:
    """Record a version, or give back the one that is recorded with the same content.

    Raises:
        Refused: Another version has this name, or this digest with other content.
    """
    query = select(ModelVersion).where(
        ModelVersion.device_id == version.device_id,
        or_(
            col(ModelVersion.version_digest) == version.version_digest,
            col(ModelVersion.name) == version.name,
        ),
    )
    with tx.no_autoflush:
        known = tx.exec(query).first()
    if known is None:
        tx.add(version)
        tx.flush()
        return version
    before, after = known.as_recorded(), version.as_recorded()
    differ = [
        name for name in IDENTITY["model_version"]
        if name not in _NOT_ITS_IDENTITY and before[name] != after[name]
    ]
    if differ:
        raise Refused(
            f"{known.label} '{known.name}' is recorded already with other content "
            f"({', '.join(differ)}): a version never changes.",
            hint="What is new is another version, with a name of its own.",
        )
    return known


def container_image(told: str, *, marks: tuple[Path, ...] = MARKS) -> str:
    """The digest of the container image that this runs in, 'no container', or that nobody told.

    told: what RADVIGIL_IMAGE_DIGEST says; a container cannot find its own image's digest out.

    Raises:
        InvalidInput: It is no digest.

    >>> container_image("", marks=())
    'no container'
    """
    if told and not _IMAGE.fullmatch(told):
        raise InvalidInput(
            f"RADVIGIL_IMAGE_DIGEST is '{told}', which is no digest.",
            hint="Give 'sha256:' and 64 hex digits, as 'docker inspect' shows them.",
        )
    if told:
        return told
    return UNTOLD if any(place.exists() for place in marks) else NO_CONTAINER
