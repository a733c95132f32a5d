"""Controlled storage: bytes by content hash, and frozen versions under DVC and git.

Arriving bytes are written once, as files named by their SHA-256, with no DVC call. DVC enters
when something is frozen: a dataset version, a model version, a released document.
"""

import fcntl
import hashlib
import logging
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from records.disk import disk_refusals
from records.errors import IntegrityBroken, Refused, Unavailable
from records.private import write_private
from records.quiet import switch_off_usage_statistics

LOCK = ".lock"
"""In the folder of the objects: shared by those who put, held alone by who collects."""

WORK = ".work-"
"""How a folder begins in which something is made that will be frozen."""


@dataclass(frozen=True)
class Frozen:
    """A frozen folder: where it lies, DVC's digest, the git commit, and SHA-256 of its files."""

    path: str
    content_digest: str
    commit: str
    files: dict[str, str]


class Vault:
    """The bytes of one workspace."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.objects = folder / "objects"

    def path_of(self, digest: str) -> Path:
        """Where bytes of this digest lie, whether or not they are there."""
        return self.objects / digest[:2] / digest[2:]

    def put(self, content: bytes, *, digest: str = "") -> str:
        """Keep these bytes; the SHA-256 that finds them again. Twice the same is kept once.

        They count as new either way: collection leaves time for the record that will name them.
        digest: their SHA-256 where the caller worked it out from these very bytes; whoever fetches
        them has it verified.

        Raises:
            Unavailable: The disk takes no more; nothing is half there.
        """
        digest = digest or hashlib.sha256(content).hexdigest()
        target = self.path_of(digest)
        with disk_refusals("The bytes could not be kept"), self.arriving():
            if not renewed(target):
                target.parent.mkdir(parents=True, exist_ok=True)
                write_private(target, content)
        return digest

    @contextmanager
    def arriving(self) -> Iterator[None]:
        """While bytes are put where records will look for them; many may do so at once."""
        with self._flock(fcntl.LOCK_SH):
            yield

    @contextmanager
    def leaving(self) -> Iterator[None]:
        """While bytes are looked at a last time and taken away: nobody puts any meanwhile."""
        with self._flock(fcntl.LOCK_EX):
            yield

    @contextmanager
    def _flock(self, kind: int) -> Iterator[None]:
        self.objects.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.objects / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, kind)
            yield
        finally:
            os.close(descriptor)

    @contextmanager
    def work(self) -> Iterator[Path]:
        """An empty folder beside what is frozen; what a crash leaves of it is collected."""
        with tempfile.TemporaryDirectory(prefix=WORK, dir=self.folder) as folder:
            yield Path(folder)

    def fetch(self, digest: str, *, of: str) -> bytes:
        """The bytes that a record names, verified.

        of: the record's number, such as INS-0007, for whoever must look into it.

        Raises:
            IntegrityBroken: They are missing, or not what was put in; the record is named.
        """
        try:
            content = self.path_of(digest).read_bytes()
        except FileNotFoundError:
            raise self._refusal(digest, of, "missing") from None
        if hashlib.sha256(content).hexdigest() != digest:
            raise self._refusal(digest, of, "altered")
        return content

    def holds(self, digest: str) -> bool:
        """Whether bytes of this digest are here, and still what was put in."""
        try:
            return file_digest(self.path_of(digest)) == digest
        except FileNotFoundError:
            return False

    def _refusal(self, digest: str, of: str, what: str) -> IntegrityBroken:
        return IntegrityBroken(
            f"The bytes that {of} names are {what} in controlled storage (SHA-256 "
            f"{digest[:12]}…).",
            hint="Restore them from a backup and keep what is there as evidence.",
        )

    def freeze(self, folder: Path, name: str, *, message: str) -> Frozen:
        """Put a folder under version control as ``name`` (such as 'datasets/chest-1').

        The folder's content is moved to ``vault/<name>``, added to DVC, pushed to the local
        remote and committed. Freezing the same content under the same name again changes nothing.

        Raises:
            Refused: The name is that of other frozen content.
        """
        target = self.folder / name
        with self.lock():
            self._ensure_repository()
            if folder.resolve() != target.resolve():
                _make_way(folder, target)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(str(folder), target)
            digest = self._dvc_add(target)
            renewed(dvc_file(target))
            ignored = target.parent.relative_to(self.folder) / ".gitignore"
            self._git("add", dvc_file(target).relative_to(self.folder).as_posix(), str(ignored))
            if self._git("status", "--porcelain", "--untracked-files=no").strip():
                self._git("commit", "--quiet", "-m", message)
            commit = self._git("rev-parse", "HEAD").strip()
            return Frozen(name, digest, commit, file_digests(target))

    @contextmanager
    def lock(self) -> Iterator[None]:
        """One writer at a time: DVC's own lock gives up after three seconds."""
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.folder / ".writer.lock", timeout=120)
        try:
            lock.acquire()
        except Timeout as busy:
            raise Unavailable(
                "Another process is writing to the vault.", hint="Try again when it is done."
            ) from busy
        try:
            yield
        finally:
            lock.release()

    def _ensure_repository(self) -> None:
        if (self.folder / ".dvc").is_dir() and (self.folder / ".git").is_dir():
            return
        switch_off_usage_statistics()
        from dvc.repo import Repo

        self.folder.mkdir(parents=True, exist_ok=True)
        make_git_repository(self.folder)
        (self.folder / ".gitignore").write_text("/objects/\n/training/\n/remote/\n/.writer.lock\n")
        logging.getLogger("dvc").setLevel(logging.WARNING)
        with (
            Repo.init(str(self.folder), force=True) as repository,
            repository.config.edit("repo") as config,
        ):
            config.setdefault("core", {}).update(
                analytics=False, check_update=False, autostage=True, remote="local"
            )
            # Kept relative to .dvc, so that a workspace that is moved or restored keeps its own.
            remote = os.path.relpath(self.folder / "remote")
            config.setdefault("remote", {})["local"] = {"url": remote}
            config.setdefault("cache", {})["type"] = "reflink,hardlink,copy"
        self._git("add", ".gitignore", ".dvc/config", ".dvc/.gitignore", ".dvcignore")
        self._git("commit", "--quiet", "-m", "Begin the vault")

    def _dvc_add(self, target: Path) -> str:
        switch_off_usage_statistics()
        from dvc.repo import Repo

        with Repo(str(self.folder)) as repository:
            self._require_own_remote(repository.config)
            stage = repository.add([str(target)])[0]
            repository.push([str(dvc_file(target))])
            return str(stage.outs[0].hash_info.value)

    def _require_own_remote(self, config: Any) -> None:
        """DVC writes plain bytes to its remote: that must be the vault's own folder, on its disk.

        Raises:
            Refused: It lies elsewhere.
        """
        name = config["core"].get("remote", "")
        url = str(config["remote"].get(name, {}).get("url", ""))
        place = url.removeprefix("file://")
        if "://" in place or not Path(place).resolve().is_relative_to(self.folder.resolve()):
            raise Refused(
                f"The vault's DVC remote '{name}' lies outside the vault, and DVC would write "
                "patients' images there unencrypted.",
                hint="Set it back to 'remote' in the vault; 'radvigil install push' and 'radvigil "
                "backup' take bytes elsewhere, encrypted.",
            )

    def _git(self, *arguments: str) -> str:
        return run_git(self.folder, *arguments)


def renewed(path: Path) -> bool:
    """Whether the file is there; if so, it counts as written now."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def dvc_file(frozen: Path) -> Path:
    """The file by which git knows a frozen folder."""
    return frozen.with_name(frozen.name + ".dvc")


def _make_way(folder: Path, target: Path) -> None:
    """Take away what broke off, or holds the same; never what was frozen with other content."""
    if not target.exists():
        return
    if dvc_file(target).exists() and file_digests(folder) != file_digests(target):
        raise Refused(
            f"Something else is frozen as '{target.parent.name}/{target.name}'.",
            hint="Where no record names it, 'radvigil install collect' takes it away.",
        )
    shutil.rmtree(target)


def file_digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder, by its path in it; empty where there is no folder."""
    return {
        path.relative_to(folder).as_posix(): file_digest(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def file_digest(path: Path) -> str:
    """SHA-256 (hex) of a file's bytes, however large it is."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def make_git_repository(folder: Path) -> None:
    """A git repository with an identity of its own, independent of the user's configuration."""
    run_git(folder, "init", "--quiet", "--initial-branch=main")
    run_git(folder, "config", "user.name", "Radvigil")
    run_git(folder, "config", "user.email", "radvigil@localhost")
    run_git(folder, "config", "commit.gpgsign", "false")


def run_git(folder: Path, *arguments: str) -> str:
    """Run git in a folder; its output, or :class:`Unavailable` with what it said."""
    done = subprocess.run(
        ["git", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise Unavailable(f"git {arguments[0]} failed in the vault: {done.stderr.strip()[-400:]}")
    return done.stdout
