"""Sign-in by a real OpenID Connect provider on this machine, in a real browser."""

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

import pytest

from cli.serve import provider_settings
from records.accounts import add_person
from records.clock import mark_workspace
from records.identity_links import link_identity, revoke_link
from records.lookup import find_events
from records.people import Actor, Role, find_actor, prove_identity
from records.product import WorkspaceKind
from records.quiet import QUIET
from records.settings import Workspace
from records.store import Store, open_store
from tests.dashboards.conftest import APP
from tests.dashboards.small_workspace import PASSWORD
from tests.dashboards.test_browser import (  # noqa: F401
    browser_page,
    free_port,
    wait_for,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page

OWN = "an own word for signing"
pytestmark = pytest.mark.service

@dataclass(frozen=True)
class Provider:
    """The provider as it runs, and as the pages know it."""

    issuer: str
    file: Path
    port: int
    """Of the pages, which the provider leads back to."""
    secret: str

def write_file(file: Path, issuer: str, port: int, client: dict[str, str]) -> None:
    file.write_text(
        f"""[provider]
name = "Example Hospital"
issuer = "{issuer}"

[auth]
redirect_uri = "http://localhost:{port}/oauth2callback"
cookie_secret = "{secrets.token_urlsafe(32)}"
client_id = "{client["client_id"]}"
client_secret = "{client["client_secret"]}"
server_metadata_url = "{issuer}/.well-known/openid-configuration"
client_kwargs = {{ scope = "openid", prompt = "login" }}
""", encoding="utf-8",
    )
    file.chmod(0o600)

@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Provider]:
    """A provider on loopback at which Radvigil is registered with a secret of its own."""
    port, own_port = free_port(), free_port()
    folder = tmp_path_factory.mktemp("provider")
    issuer = f"http://localhost:{port}"
    program = Path(sys.executable).with_name("oidc-provider-mock")
    command = [program, "--port", str(port), "--require-registration"]
    with (folder / "provider.log").open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            wait_for(f"{issuer}/.well-known/openid-configuration")
            asked = {"redirect_uris": [f"http://localhost:{own_port}/oauth2callback"]}
            registration = Request(  # noqa: S310
                f"{issuer}/oauth2/clients", json.dumps(asked).encode(),
                {"Content-Type": "application/json"},
            )
            with urlopen(registration, timeout=120) as answer:  # noqa: S310
                client = json.loads(answer.read())
            write_file(folder / "openid.toml", issuer, own_port, client)
            yield Provider(issuer, folder / "openid.toml", own_port, client["client_secret"])
        finally:
            server.terminate()
            server.wait(timeout=120)

@pytest.fixture
def live(tmp_path: Path, empty_database: Path, provider: Provider) -> Iterator[Store]:
    """A live workspace: Ada administers, Lena of quality is linked to a person of the provider."""
    workspace = Workspace(tmp_path / "live").create()
    shutil.copy(empty_database, workspace.database)
    store = open_store(workspace, url="")
    now = datetime.now(UTC)
    with store.transaction("radvigil", "begin", now=now) as tx:
        mark_workspace(tx, WorkspaceKind.LIVE, now=now)
        ada: Actor | None = None
        for name, role in (("ada", Role.ADMINISTRATOR), ("lena", Role.QUALITY)):
            made = add_person(
                tx, name, full_name=f"{name.title()} Beispiel", roles=[role], password=PASSWORD,
                added_by=ada, now=now,
            )
            ada = ada or made
        assert ada is not None
        link_identity(tx, find_actor(tx, "lena"), issuer=provider.issuer, identity="lena@hospital",
                      by=ada, now=now)  # fmt: skip
    yield store
    store.close()

@pytest.fixture
def address(
    live: Store, provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The pages as 'radvigil serve' starts them with the provider's file."""
    monkeypatch.setenv("RADVIGIL_OPENID", str(provider.file))
    environment = {**os.environ, **QUIET, "RADVIGIL_HOME": str(live.workspace.home)}
    environment.pop("RADVIGIL_DATABASE_URL", None)
    command = [
        sys.executable, "-m", "streamlit", "run", str(APP), "--server.headless", "true",
        "--server.port", str(provider.port), "--server.address", "127.0.0.1", *provider_settings(),
    ]
    assert provider.secret not in " ".join(command)
    log = tmp_path / "streamlit.log"
    with log.open("wb") as written:
        server = subprocess.Popen(
            command, env=environment, cwd=tmp_path, stdout=written, stderr=written,
            stdin=subprocess.DEVNULL,
        )
        try:
            wait_for(f"http://127.0.0.1:{provider.port}/_stcore/health")
            yield f"http://localhost:{provider.port}"
        finally:
            server.terminate()
            server.wait(timeout=120)
    assert provider.secret.encode() not in log.read_bytes()

def go_through_the_provider(page: "Page", address: str, identity: str) -> None:
    page.route("https://**", lambda route: route.abort())
    page.goto(address)
    page.get_by_role("button", name="Sign in with Example Hospital").click()
    page.get_by_role("heading", name="Authorize Client").wait_for()
    page.get_by_placeholder("sub").fill(identity)
    page.get_by_role("button", name="Authorize").click()

def events(store: Store, action: str) -> list[tuple[str, str, str]]:
    with store.reader() as reader:
        return [(one.actor, one.subject, one.new) for one in find_events(reader, action=action)]

@pytest.mark.requirement("R-P11-10d", "REG-001", "REG-004")
def test_a_linked_person_comes_in_by_the_provider_sets_a_signing_password_and_leaves(
    address: str, browser_page: tuple["Page", list[str]], live: Store, provider: Provider  # noqa: F811
) -> None:
    page, outside = browser_page
    go_through_the_provider(page, address, "lena@hospital")
    page.get_by_label("Own password", exact=True).fill(OWN)
    page.get_by_label("Own password, again").fill(OWN)
    page.get_by_role("button", name="Set and enter").click()
    page.get_by_text("What needs you today").wait_for()
    page.get_by_text("Lena Beispiel").first.wait_for()
    ((actor, subject, new),) = events(live, "sign in by provider")
    assert (actor, subject) == ("lena", "Actor:2")
    assert json.loads(new)["issuer"] == provider.issuer
    with live.reader() as reader:
        prove_identity(find_actor(reader, "lena"), OWN)
    # the browser still holds the provider's answer: it opens nothing a second time
    page.goto(address)
    page.get_by_role("button", name="Sign in with Example Hospital").wait_for()
    assert not page.get_by_text("What needs you today").is_visible()
    # with the password of her own set, the provider is enough; revoking the link ends the session
    go_through_the_provider(page, address, "lena@hospital")
    page.get_by_text("What needs you today").wait_for()
    with live.transaction("ada", "left the hospital", now=datetime.now(UTC)) as tx:
        revoke_link(tx, find_actor(tx, "lena"), by=find_actor(tx, "ada"), now=datetime.now(UTC))
    page.get_by_test_id("stSidebarNav").get_by_role(
        "link", name="Alerts", exact=True).click()
    page.get_by_text("not linked to the identity provider any more").wait_for()
    assert [one for one in outside if "picocss" not in one] == []  # the provider's own page
    with live.reader() as reader:
        trail = [one.new + one.old + one.reason for one in find_events(reader)]
    assert not any(provider.secret in one for one in trail)

@pytest.mark.requirement("R-P11-10d", "REG-001")
def test_an_unlinked_person_of_the_provider_is_refused_with_a_sentence_and_on_record(
    address: str, browser_page: tuple["Page", list[str]], live: Store  # noqa: F811
) -> None:
    page, _ = browser_page
    go_through_the_provider(page, address, "mallory")
    page.get_by_text("knows you as 'mallory', and no account here is linked").wait_for()
    assert not page.get_by_text("What needs you today").is_visible()
    ((actor, subject, new),) = events(live, "sign-in by provider refused")
    assert (actor, subject) == ("service:sign-in", "Actor:unknown")
    assert json.loads(new)["identity"] == "mallory"

    # a local account stays
    page.get_by_label("Account").fill("ada")
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_text("What needs you today").wait_for()

def test_signing_out_makes_the_browser_forget_the_provider(
    address: str, browser_page: tuple["Page", list[str]], live: Store  # noqa: F811
) -> None:
    page, _ = browser_page
    with live.transaction("lena", "own", now=datetime.now(UTC)) as tx:
        find_actor(tx, "lena").password_temporary = False
    go_through_the_provider(page, address, "lena@hospital")
    page.get_by_text("What needs you today").wait_for()
    assert {"_streamlit_user"} <= {one["name"] for one in page.context.cookies()}
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/oauth2/end_session**")
    assert "_streamlit_user" not in {one["name"] for one in page.context.cookies()}
    assert [one[0] for one in events(live, "sign out")] == ["lena"]
