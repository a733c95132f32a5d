"""Use suspended and a CAPA worked on from the command line, and what is shown of both."""

import json

import pytest
from sqlmodel import select

from records.product import Deployment, ModelVersion, Site
from records.store import Store
from tests.cli.conftest import Run, run
from tests.dashboards.conftest import PASSWORD, SITES, TODAY, populate

__all__ = ["run"]

WHY = ("--reason", "the figures fell")


@pytest.fixture
def quality(run: Run, store: Store) -> Run:
    """Call a verb as the quality manager, where a version returns results at the first site."""
    populate(store)
    with store.transaction("setup", "setup", now=TODAY) as tx:
        version = tx.exec(select(ModelVersion)).first()
        place = tx.exec(select(Site).where(Site.name == SITES[0])).one()
        assert version is not None
        for one in tx.exec(select(Deployment)):
            one.ended_at = TODAY
            tx.add(one)
        tx.add(Deployment(model_version_id=version.id or 0, site_id=place.id or 0, mode="live",
                          started_at=TODAY))  # fmt: skip
    store.close()
    home = store.workspace.home
    assert run("--home", home, "user", "login", "demo.quality", password=PASSWORD).exit_code == 0
    return lambda *words: run("--home", home, *words, password=PASSWORD)


@pytest.mark.requirement("REG-063")
def test_one_person_stops_the_device_and_works_on_the_capa(quality: Run) -> None:
    done = quality("suspension", "propose", SITES[0], "--grounds", "two missed", *WHY)
    assert done.exit_code == 0, done.output
    assert "SUS-0001 is proposed" in done.stdout
    done = quality("suspension", "confirm", "SUS-0001", *WHY)
    assert done.exit_code == 0, done.output
    assert f"use is suspended at {SITES[0]}" in done.stdout
    assert "Whether it must be reported: COA-0001" in done.stdout
    (shown,) = json.loads(quality("suspension", "list", "--json").stdout)
    assert (shown["status"], shown["correction"]) == ("in force", "COA-0001 open")
    refused = quality("suspension", "decline", "SUS-0001", *WHY)
    assert (refused.exit_code, "may not become 'declined'" in refused.stderr) == (1, True)

    assert "SUS-0001" in quality("capa", "list").stdout
    refused = quality("capa", "advance", "CAPA-0001", "planned", *WHY)
    assert "Allowed: investigated" in refused.stderr
    done = quality("capa", "advance", "CAPA-0001", "investigated", "--say",
                   "containment=read without it", "--say", "root_cause=gain", *WHY)  # fmt: skip
    assert done.exit_code == 0, done.output
    told = quality("capa", "show", "CAPA-0001").stdout
    assert "read without it" in told
    assert "effectiveness_criterion" in told


def test_a_resumption_on_what_did_not_pass_is_refused_in_a_sentence(quality: Run) -> None:
    quality("suspension", "propose", SITES[0], "--grounds", "two missed", *WHY)
    quality("suspension", "confirm", "SUS-0001", *WHY)
    refused = quality("suspension", "resume", "SUS-0001", "--on", "RVL-0001", "--grounds", "set",
                      *WHY)  # fmt: skip
    assert refused.exit_code == 1
    assert "RVL-0001 was made before SUS-0001 was in force" in refused.stderr
    shown = json.loads(quality("monitor", "revalidations", "--json").stdout)
    assert [one["label"] for one in shown["made"]] == ["RVL-0001"]


def test_a_plan_without_rules_refuses_to_revalidate_and_says_what_to_add(quality: Run) -> None:
    refused = quality("monitor", "revalidate", "--site", SITES[0], *WHY)
    assert refused.exit_code == 1, refused.output
    assert "has no section 'revalidation'" in refused.stderr


def test_a_suspension_says_that_a_plan_without_rules_has_no_way_back(quality: Run) -> None:
    for words in (
        quality("suspension", "propose", SITES[0], "--grounds", "two missed", *WHY).stdout,
        quality("suspension", "confirm", "SUS-0001", *WHY).stdout,
    ):
        assert f"Use at {SITES[0]} cannot resume yet" in words
        assert "no section 'revalidation'" in words
    (there,) = (one for one in json.loads(quality("site", "list", "--json").stdout)
                if one["site"] == SITES[0])  # fmt: skip
    assert (there["mode"], there["suspended"]) == ("live", "SUS-0001")
