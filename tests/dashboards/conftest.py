"""The pages at a small workspace, and how a test looks at them and acts."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from records.people import Role, register_person
from records.settings import REPOSITORY, Workspace
from records.store import Store, open_store
from tests.dashboards.small_workspace import PASSWORD, TODAY, populate

APP = REPOSITORY / "dashboards" / "app.py"
BANNER = "DEMONSTRATION: simulated data and signers"

Visit = Callable[..., AppTest]
"""What the fixture ``visit`` gives."""


@pytest.fixture(scope="session", autouse=True)
def components_found_once() -> Iterator[None]:
    """Streamlit's tester looks for components in every installed package, each time anew: half
    a second for each page opened. What is installed does not change under the tests."""
    found = manifest_scanner.scan_component_manifests()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", lambda: list(found))
        yield


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A populated workspace, made once and copied for each test."""
    workspace = Workspace(tmp_path_factory.mktemp("pages") / "workspace").create()
    store = open_store(workspace, url="")
    populate(store)
    store.close()
    return workspace.home


@pytest.fixture
def populated(template: Path, tmp_path: Path) -> Workspace:
    """A workspace with something on every page."""
    return Workspace(Path(shutil.copytree(template, tmp_path / "workspace")))


@pytest.fixture
def records(populated: Workspace) -> Iterator[Store]:
    """The records behind the pages."""
    store = open_store(populated, url="")
    yield store
    store.close()


@pytest.fixture
def visit(populated: Workspace, monkeypatch: pytest.MonkeyPatch) -> Visit:
    """Open the application at the populated workspace; with an account, signed in by its button."""
    monkeypatch.setenv("RADVIGIL_HOME", str(populated.home))
    monkeypatch.delenv("RADVIGIL_DATABASE_URL", raising=False)

    def open_app(account: str = "", page: str = "") -> AppTest:
        app = AppTest.from_file(str(APP), default_timeout=60).run()
        if account:
            app.button(key=f"enter-{account}").click().run()
        return go_to(app, page) if page else app

    return open_app


def go_to(app: AppTest, page: str) -> AppTest:
    """Follow the navigation to a page; Streamlit's tester only knows pages that are files."""
    from streamlit.util import calc_hash

    app._page_hash = calc_hash(page)
    return app.run()


def part_of(app: AppTest, part: str) -> AppTest:
    """Look at another part of the document that is chosen."""
    return app.segmented_control(key="part").set_value(part).run()


def text_of(app: AppTest) -> str:
    """Everything the page says."""
    html = [str(one.proto.body) for one in app.get("html")]
    said = [str(one.value) for kind in ("markdown", "success", "warning", "error", "info")
            for one in getattr(app, kind)]  # fmt: skip
    return "\n".join(html + said)


def click_twice(app: AppTest, key: str) -> AppTest:
    """Click a button, and again before the page was drawn anew: the second click comes from the
    form as it stood, with what was typed in it."""
    from streamlit.proto.WidgetStates_pb2 import WidgetStates

    app.button(key=key).click()
    typed = WidgetStates()
    typed.CopyFrom(app._tree.get_widget_states())
    app.run()
    return app._run(typed)


def with_auditor(store: Store) -> None:
    """An auditor, who looks and does not act."""
    with store.transaction("setup", "setup", now=TODAY) as tx:
        register_person(tx, "demo.auditor", full_name="Demo Auditor", roles=[Role.AUDITOR],
                        password=PASSWORD, now=TODAY)  # fmt: skip
