"""The product: the device, its sites, its versions of data and model, and where they run."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from sqlalchemy import JSON, Column, UniqueConstraint
from sqlmodel import Field

from records.base import Record
from records.errors import Refused


class WorkspaceKind(StrEnum):
    """A demonstration can never become live, nor the other way round."""

    LIVE = "live"
    DEMONSTRATION = "demonstration"


class WorkspaceMark(Record, table=True):
    """What this workspace is. One row, never changed in kind; the clock of a demonstration."""

    __tablename__ = "workspace_mark"
    PREFIX: ClassVar[str] = "WSP"

    id: int | None = Field(default=None, primary_key=True)
    kind: str
    seed: int | None = None
    clock_at: datetime | None = None
    created_at: datetime
    note: str = ""


class WorkspaceKey(Record, table=True):
    """A secret key by its fingerprint, so that a lost or another one shows; never the key.

    The newest version of a name counts; a key that was rotated out keeps its row for ever.
    """

    __tablename__ = "workspace_key"
    __table_args__ = (UniqueConstraint("name", "version"),)
    PREFIX: ClassVar[str] = "KEY"
    LATER_COLUMNS: ClassVar[dict[str, Any]] = {"version": 1}

    id: int | None = Field(default=None, primary_key=True)
    name: str
    fingerprint: str
    made_at: datetime
    version: int = 1


class JourneyStep(Record, table=True):
    """A finished step of a long journey: an interrupted journey resumes behind it."""

    __tablename__ = "journey_step"
    __table_args__ = (UniqueConstraint("journey", "step"),)
    PREFIX: ClassVar[str] = "STP"

    id: int | None = Field(default=None, primary_key=True)
    journey: str
    step: str
    finished_at: datetime
    seconds: float
    summary: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))


class Device(Record, table=True):
    """A revision of the regulated product's definition: what it is for and what it promises."""

    __tablename__ = "device"
    __table_args__ = (UniqueConstraint("name", "revision"),)
    PREFIX: ClassVar[str] = "DEV"
    SIGNED_FIELDS: ClassVar[tuple[str, ...]] = ("name", "revision", "definition_digest")

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(index=True)
    revision: int
    trade_name: str
    definition: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    definition_digest: str
    status: str = "draft"
    defined_at: datetime


class Site(Record, table=True):
    """A place where studies are made and where the device may run."""

    __tablename__ = "site"
    PREFIX: ClassVar[str] = "SIT"
    LATER_COLUMNS: ClassVar[dict[str, Any]] = {
        "country": "", "address": "", "telephone": "",
    }  # fmt: skip

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    status: str = "unconfirmed"
    origin: str = "reported"
    """reported: named by the data; assigned: named from the seed because the data had no site."""
    registered_at: datetime
    country: str = ""
    """Where it lies: two letters of ISO 3166-1, or XI; '' where nobody recorded it."""
    address: str = ""
    telephone: str = ""
    """Of the organisation, as a report of a correction names its consignees (21 CFR 806.10(c)(11)),
    never of a person."""


class DatasetVersion(Record, table=True):
    """An immutable set of studies with their split, named by the digest of its manifest."""

    __tablename__ = "dataset_version"
    __table_args__ = (UniqueConstraint("device_id", "manifest_digest"),)
    PREFIX: ClassVar[str] = "DSV"

    id: int | None = Field(default=None, primary_key=True)
    device_id: int = Field(foreign_key="device.id")
    name: str = Field(index=True)
    manifest_digest: str
    content_digest: str
    """DVC's own digest of the frozen folder."""
    vault_path: str
    files: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JSON, nullable=False)
    )
    """SHA-256 of every frozen file, by its path in the folder."""
    commit: str
    studies: int
    patients: int
    splits: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """Per split: studies, patients, positive, per site."""
    datasheet: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """Source, exclusions, missing facts, assigned facts, gate result, overlap check."""
    frozen_at: datetime


class ModelVersion(Record, table=True):
    """Weights + preprocessing + calibration + operating point; immutable, named by the hash."""

    __tablename__ = "model_version"
    __table_args__ = (UniqueConstraint("device_id", "version_digest"),)
    PREFIX: ClassVar[str] = "MDV"

    id: int | None = Field(default=None, primary_key=True)
    device_id: int = Field(foreign_key="device.id")
    dataset_version_id: int | None = Field(default=None, foreign_key="dataset_version.id")
    """None for another maker's product of which only the results are seen."""
    name: str = Field(index=True)
    version_digest: str
    """Digest over weights hash, preprocessing, calibration and operating point."""
    weights_hash: str
    architecture: str
    model: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    """model.json as written by training: preprocessing, calibration, software, seed, threads."""
    operating_point: float | None
    """None of another maker's product that states no score."""
    params: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    dvc_lock_digest: str
    code_digest: str
    commit: str
    vault_path: str
    files: dict[str, Any] = Field(
        default_factory=dict, sa_column=Column(JSON, nullable=False)
    )
    """SHA-256 of every frozen file, by its path in the folder."""
    status: str = "candidate"
    trained_at: datetime
    """When it was trained; of a version that was made elsewhere, when it was registered."""

    @property
    def own_dataset(self) -> int:
        """The dataset version that it was trained or tested on.

        Raises:
            Refused: It is seen from outside only.
        """
        if self.dataset_version_id is None:
            raise Refused(
                f"{self.label} is another maker's product of which only the results are seen: it "
                "has no dataset here.", hint="It is watched, and not retrained or validated here.",
            )
        return self.dataset_version_id

    @property
    def own_operating_point(self) -> float:
        """The operating point.

        Raises:
            Refused: It is another maker's product that states none.
        """
        if self.operating_point is None:
            raise Refused(
                f"{self.label} is another maker's product that states no score: it has no "
                "operating point here.", hint="Its decisions are watched as they come.",
            )
        return self.operating_point

    @property
    def seen_from_outside(self) -> bool:
        """Whether only its results are seen: another maker's product, without weights."""
        return self.model.get("origin") == "external"

    @property
    def made_elsewhere(self) -> bool:
        """Whether it was registered as a file of another maker: its dataset only tests it."""
        return self.model.get("origin") == "registered"


class Deployment(Record, table=True):
    """Which version ran where, from when to when; a shadow returns nothing to care."""

    __tablename__ = "deployment"
    PREFIX: ClassVar[str] = "DEP"

    id: int | None = Field(default=None, primary_key=True)
    model_version_id: int = Field(foreign_key="model_version.id")
    site_id: int = Field(foreign_key="site.id")
    change_request_id: int | None = Field(default=None, foreign_key="change_request.id")
    mode: str
    """live or shadow; external: another maker's product, whose results do not go through here."""
    started_at: datetime
    ended_at: datetime | None = None
