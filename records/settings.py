"""Where things are: the workspace and what lies in it. Read from the environment, by doors only."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from records.dagster_settings import write_dagster_settings
from records.errors import WorkspaceMissing

REPOSITORY = Path(__file__).resolve().parents[1]
"""Where the program lies: device definitions, migrations and dvc.yaml are read from here."""

MARKER = "radvigil.workspace"
"""A file of this name marks a folder as a workspace."""


class Settings(BaseSettings):
    """The environment variables that Radvigil reads, all with the prefix RADVIGIL_."""

    model_config = SettingsConfigDict(env_prefix="RADVIGIL_", extra="ignore")

    home: Path | None = Field(default=None, description="The workspace folder.")
    database_url: str = Field(
        default="", description="PostgreSQL address; empty means SQLite inside the workspace."
    )
    workers: int = Field(default=2, ge=1, le=64, description="Processes for decoding images.")


class Workspace:
    """The folder that holds all that a running installation owns; deleting it is a factory reset.

    Only names things; makes nothing until :meth:`create` is called.
    """

    def __init__(self, home: Path) -> None:
        self.home = home.resolve()

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
    def dagster(self) -> Path:
        """DAGSTER_HOME."""
        return self.home / "dagster"

    @property
    def keys(self) -> Path:
        """Secret keys, readable by the owner only."""
        return self.home / "keys"

    @property
    def exists(self) -> bool:
        """Whether this folder is a workspace already."""
        return self.marker.is_file()

    def create(self) -> "Workspace":
        """Make the folders, once; doing it again does no harm."""
        for folder in (
            self.home, self.vault, self.incoming, self.quarantine, self.exports, self.dagster
        ):
            folder.mkdir(parents=True, exist_ok=True)
        self.keys.mkdir(mode=0o700, exist_ok=True)
        write_dagster_settings(self.dagster)
        self.marker.touch()
        return self


def find_workspace(home: Path | None = None, *, start: Path | None = None) -> Workspace:
    """The workspace meant: --home, else RADVIGIL_HOME, else the nearest folder above with a marker.

    Where none of the three exists, ``./workspace`` is meant. The folder need not exist.
    """
    named = home or Settings().home
    if named is not None:
        return Workspace(named)
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        for candidate in (folder, folder / "workspace"):
            if (candidate / MARKER).is_file():
                return Workspace(candidate)
    return Workspace(here / "workspace")


def require_workspace(home: Path | None = None) -> Workspace:
    """The workspace meant, or :class:`WorkspaceMissing` naming the path that was tried."""
    workspace = find_workspace(home)
    if not workspace.exists:
        raise WorkspaceMissing(
            f"There is no Radvigil workspace at {workspace.home}.",
            hint="Name one with --home or RADVIGIL_HOME, or make one with 'radvigil demo'.",
        )
    return workspace
