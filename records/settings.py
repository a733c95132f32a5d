"""Where things are: the workspace and what lies in it. Read from the environment, by doors only."""

import os
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from records.dagster_settings import write_dagster_settings
from records.errors import IntegrityBroken, InvalidInput, Refused, WorkspaceMissing

REPOSITORY = Path(__file__).resolve().parents[1]
"""Where the program lies: device definitions, migrations and dvc.yaml are read from here."""

MARKER = "radvigil.workspace"
"""A file of this name marks a folder as a workspace."""

BEING_MADE, READY = "being made\n", "ready\n"
"""What the marker says before and after the database was made: a ready one is never made anew."""

BEFORE_A_WORKSPACE = {"devices"}
"""What may lie in a folder before it becomes a workspace: files of 'radvigil device new'."""


PREFIX = "RADVIGIL_"


class Settings(BaseSettings):
    """The environment variables that Radvigil reads, all with the prefix RADVIGIL_."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore")

    home: Path | None = Field(default=None, description="The workspace folder.")
    database_url: str = Field(
        default="", description="PostgreSQL address; empty means SQLite inside the workspace."
    )
    anchors: Path | None = Field(
        default=None, description="Where signed anchors of the audit trail are written."
    )
    keys: Path | None = Field(
        default=None, description="Where secret keys are kept; else in the workspace."
    )
    password_days: int | None = Field(
        default=None, ge=1, le=3650,
        description="After so many days a password must be changed; unset: never.",
    )
    openid: Path | None = Field(
        default=None, description="The private file that describes the identity provider."
    )
    image_digest: str = Field(
        default="", description="SHA-256 of the container image that this runs in: sha256:..."
    )
    training_device: Literal["auto", "cpu", "cuda"] = Field(
        default="auto", description="Where networks learn: auto takes a GPU when one is found."
    )
    pages: str = Field(
        default="",
        description="Where people open the pages, https://...: messages about alerts lead there.",
    )
    dagster_page: str = Field(
        default="",
        description="Where Dagster's own page is opened, http://...: the pages link to its runs.",
    )
    test_workspace: bool = Field(
        default=False,
        description="A live workspace for tests: images that say they are synthetic are taken in.",
    )
    workers: int = Field(default=2, ge=1, le=64, description="Processes for decoding images.")

    def __init__(self, **given: Any) -> None:
        """Read the environment.

        Raises:
            InvalidInput: Naming the variable; never its value, which may hold a password.
        """
        try:
            super().__init__(**given)
        except ValidationError as wrong:
            first = wrong.errors()[0]
            name = f"RADVIGIL_{str(first['loc'][0]).upper()}"
            raise InvalidInput(
                f"The environment variable {name} is not usable: {first['msg']}.",
                hint="Correct it or unset it.",
            ) from None


def current_settings() -> Settings:
    """The settings as the environment has them now; read anew only when it has changed."""
    given = {name: value for name, value in os.environ.items() if name.upper().startswith(PREFIX)}
    return _settings(tuple(sorted(given.items())))


@lru_cache(maxsize=8)
def _settings(_environment: tuple[tuple[str, str], ...]) -> Settings:
    return Settings()


class Workspace:
    """The folder that holds all that a running installation owns; deleting it is a factory reset.

    Only names things; makes nothing until :meth:`create` is called.
    """

    def __init__(self, home: Path, *, keys: Path | None = None) -> None:
        self.home = home.resolve()
        self._keys = keys

    def __repr__(self) -> str:
        return f"Workspace({str(self.home)!r})"

    @property
    def marker(self) -> Path:
        """The file that makes this folder a workspace."""
        return self.home / MARKER

    @property
    def database(self) -> Path:
        """The SQLite database (unused where RADVIGIL_DATABASE_URL names PostgreSQL)."""
        return self.home / "radvigil.db"

    @property
    def identity(self) -> Path:
        """Mapping from pseudonym to identity, encrypted; may be destroyed on its own."""
        return self.home / "identity.sqlite"

    @property
    def messages(self) -> Path:
        """What a RIS sent by HL7 and is not done with, with patients' names; the owner's only."""
        return self.home / "hl7.sqlite"

    @property
    def vault(self) -> Path:
        """Controlled storage: bytes by content, and the git + DVC repositories."""
        return self.home / "vault"

    @property
    def incoming(self) -> Path:
        """Where studies arrive, a folder a site."""
        return self.home / "incoming"

    @property
    def quarantine(self) -> Path:
        """Where refused files are kept, named by the digest of their bytes."""
        return self.home / "quarantine"

    @property
    def exports(self) -> Path:
        """Documents and audit-trail exports."""
        return self.home / "exports"

    @property
    def appearance(self) -> Path:
        """How the organisation's documents look: appearance.yaml, and what it names."""
        return self.home / "documents"

    @property
    def dagster(self) -> Path:
        """DAGSTER_HOME."""
        return self.home / "dagster"

    @property
    def keys(self) -> Path:
        """Secret keys, readable by the owner only; elsewhere where RADVIGIL_KEYS says so."""
        return self._keys or current_settings().keys or self.home / "keys"

    @property
    def anchors(self) -> Path:
        """Signed anchors of the audit trail; elsewhere where RADVIGIL_ANCHORS says so."""
        return current_settings().anchors or self.home / "anchors"

    @property
    def before_migration(self) -> Path:
        """Copies of the database as it was before each migration to a newer version."""
        return self.home / "before-migration"

    @property
    def exists(self) -> bool:
        """Whether this folder is a workspace already."""
        return self.marker.is_file()

    @property
    def being_made(self) -> bool:
        """Whether its database was never finished, so that making it loses nothing."""
        return self.exists and self.marker.read_text(encoding="utf-8") == BEING_MADE

    def create(self) -> "Workspace":
        """Make the folders, once; doing it again does no harm. Images and keys are the owner's.

        Raises:
            InvalidInput: The place is a file.
            Refused: The folder holds something else, or what is left of another workspace.
        """
        if not self.exists:
            self._require_room()
            try:
                self.home.mkdir(parents=True, exist_ok=True)
                self.home.chmod(0o700)
                self.marker.write_text(BEING_MADE, encoding="utf-8")
            except OSError as failed:
                raise InvalidInput(
                    f"No workspace can be made at {self.home}: {failed.strerror}.",
                    hint="Name a folder that you may write to with --home.",
                ) from None
        for folder in (self.vault, self.exports, self.dagster):
            folder.mkdir(exist_ok=True)
        for private in (self.incoming, self.quarantine, self.keys):
            private.mkdir(mode=0o700, parents=True, exist_ok=True)
        for secret in (self.quarantine, self.keys):  # into incoming, others may have to write
            if secret.stat().st_mode & 0o077:
                secret.chmod(0o700)
        write_dagster_settings(self.dagster)
        return self

    def _require_room(self) -> None:
        found = {one.name for one in self.home.iterdir()} if self.home.is_dir() else set()
        if found - BEFORE_A_WORKSPACE:
            raise Refused(
                f"{self.home} is not empty and not a Radvigil workspace.",
                hint="Name an empty or new folder with --home.",
            )

    def finish(self) -> None:
        """Say in the marker that the database is made: from now on its absence is a loss."""
        part = self.marker.with_suffix(".part")
        part.write_text(READY, encoding="utf-8")
        part.replace(self.marker)


def find_workspace(home: Path | None = None, *, start: Path | None = None) -> Workspace:
    """The workspace meant: --home, else RADVIGIL_HOME, else the nearest folder above with a marker.

    Where none of the three exists, ``./workspace`` is meant. The folder need not exist.

    Raises:
        InvalidInput: The path named is a file, or no path that this system can have.
    """
    named = home or current_settings().home
    if named is not None:
        require_folder_path(named, "--home or RADVIGIL_HOME")
        return Workspace(named)
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        for candidate in (folder, folder / "workspace"):
            if (candidate / MARKER).is_file():
                return Workspace(candidate)
    return Workspace(here / "workspace")


def require_folder_path(path: Path, given_as: str) -> None:
    """Refuse a path that can be no folder: a file, a path through a file, a name too long.

    Raises:
        InvalidInput: Naming the path and the option that it was given as.
    """
    try:
        path.stat()
    except FileNotFoundError:
        return
    except OSError as wrong:
        raise InvalidInput(
            f"{given_as} cannot be used: {_shortened(path)}: {wrong.strerror}.",
            hint="Name a folder.",
        ) from None
    if not path.is_dir():
        raise InvalidInput(
            f"{given_as} names a file, not a folder: {_shortened(path)}.", hint="Name a folder."
        )


def _shortened(path: Path) -> str:
    text = str(path)
    return text if len(text) <= 200 else f"{text[:200]}…"


def require_workspace(home: Path | None = None) -> Workspace:
    """The workspace meant.

    Raises:
        WorkspaceMissing: Naming the path that was tried.
        IntegrityBroken: Its records are there and the file that marks it is not.
    """
    workspace = find_workspace(home)
    if not workspace.exists and workspace.database.is_file() and workspace.keys.is_dir():
        raise IntegrityBroken(
            f"{workspace.home} holds the records of a workspace, and not its file '{MARKER}'.",
            hint=f"Find out who removed it. A file of that name that says '{READY.strip()}' makes "
            "the records readable again.",
        )
    if not workspace.exists:
        raise WorkspaceMissing(
            f"There is no Radvigil workspace at {workspace.home}.",
            hint="Name one with --home or RADVIGIL_HOME, or make one with 'radvigil demo'.",
        )
    return workspace
