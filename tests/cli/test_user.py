"""``radvigil user``: the first account, sign-in, sign-out; no password is ever shown or kept."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import OWN, WORD, Run


def test_the_first_account_is_an_administrator_and_makes_the_workspace(
    run: Run, tmp_path: Path
) -> None:
    words = ("user", "add", "ada", "--full-name", "Ada", "--home", tmp_path / "new")
    refused = run(*words, "--role", "quality", password=WORD)
    assert (refused.exit_code, "administrator" in refused.stderr) == (2, True)
    done = run(*words, "--role", "administrator", password=WORD)
    assert done.exit_code == 0, done.output
    listed = json.loads(run("user", "list", "--json", "--home", tmp_path / "new").stdout)
    assert [one["account"] for one in listed] == ["ada"]


def test_an_unknown_role_names_the_known_ones(run: Run, home: Path) -> None:
    words = ("--home", home, "user", "add", "eve", "--full-name", "Eve", "--role", "boss")
    result = run(*words, password=WORD)
    assert result.exit_code == 2
    assert "engineer, quality" in result.stderr


def test_others_are_added_by_the_administrator_who_is_signed_in(run_as: Run, home: Path) -> None:
    words = ("user", "add", "eve", "--full-name", "Eve", "--role", "engineer")
    assert run_as(*words).exit_code == 0
    assert run_as("user", "logout").exit_code == 0
    again = run_as("user", "add", "bob", "--full-name", "Bob", "--role", "engineer")
    assert again.exit_code == 1
    assert "administrator" in again.stderr
    events = json.loads(run_as("audit", "show", "--json").stdout)
    acts = [one["action"] for one in events[-4:]]
    assert acts == ["sign in", "create", "sign out", "act refused"]
    assert events[-1]["actor"] == "service:sign-in", "nobody known tried it"
    assert "bob" not in json.dumps(events[-1])
    assert not (home / "keys" / "session.json").exists()


def test_a_wrong_password_is_refused_and_ends_no_session(run_as: Run, run: Run, home: Path) -> None:
    refused = run("user", "login", "ada", "--home", home, password="wrong")
    assert refused.exit_code == 1
    assert "not right" in refused.stderr
    last = json.loads(run_as("audit", "show", "--last", "1", "--json").stdout)[0]
    assert last["action"] == "sign-in refused"


def test_without_a_terminal_the_password_comes_from_the_environment(run: Run, home: Path) -> None:
    refused = run("user", "login", "ada", "--home", home)
    assert refused.exit_code == 2
    assert "RADVIGIL_PASSWORD" in refused.stderr


def test_the_session_file_holds_no_password_and_is_the_owners_only(
    run_as: Run, home: Path
) -> None:
    session = home / "keys" / "session.json"
    assert session.stat().st_mode & 0o777 == 0o600
    assert set(json.loads(session.read_text())) == {"account", "last_used"}
    assert run_as("user", "list").exit_code == 0
    for path in home.rglob("*"):
        if path.is_file():
            assert WORD.encode() not in path.read_bytes(), path


def test_a_locked_account_is_unlocked_by_an_administrator(
    run_as: Run, run: Run, home: Path
) -> None:
    words = ("user", "add", "eve", "--full-name", "Eve", "--role", "engineer")
    assert run_as(*words).exit_code == 0
    for _ in range(5):
        assert run("user", "login", "eve", "--home", home, password="wrong").exit_code == 1
    locked = run("user", "login", "eve", "--home", home, password=WORD)
    assert (locked.exit_code, "locked" in locked.stderr) == (1, True)
    assert run_as("user", "unlock", "eve", "--reason", "she called me").exit_code == 0
    assert run("user", "login", "eve", "--home", home, password=WORD, new=OWN).exit_code == 0
    refused = run("user", "unlock", "ada", "--reason", "why not", "--home", home)
    assert (refused.exit_code, "administrator" in refused.stderr) == (1, True)


@pytest.mark.requirement("REG-001", "R-P11-10d")
def test_a_deactivated_account_acts_no_more_and_its_name_is_never_given_again(
    run_as: Run, run: Run, home: Path
) -> None:
    words = ("user", "add", "eve", "--full-name", "Eve", "--role", "engineer")
    assert run_as(*words).exit_code == 0
    done = run_as("user", "deactivate", "eve", "--reason", "she left")
    assert done.exit_code == 0, done.output
    assert run("user", "login", "eve", "--home", home, password=WORD).exit_code == 1
    assert run_as(*words).exit_code == 2
    last = json.loads(run_as("audit", "show", "--last", "1", "--json").stdout)[0]
    assert (last["actor"], last["action"], last["subject"]) == (
        "ada", "account refused: name used before", "Actor:2"
    )  # fmt: skip
    own = run_as("user", "deactivate", "ada", "--reason", "I leave")
    assert (own.exit_code, "the own account" in own.stderr) == (1, True)
    listed = json.loads(run_as("user", "list", "--json").stdout)
    assert [one["account"] for one in listed if not one["active"]] == ["eve"]


@pytest.mark.requirement("R-P11-300")
def test_a_person_changes_the_own_password_and_the_trail_holds_neither(
    run_as: Run, run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, new = ("user", "password", "ada", "--home", home), "quite another word"
    for wrong in ("short", WORD):
        monkeypatch.setenv("RADVIGIL_NEW_PASSWORD", wrong)
        assert run(*change, password=WORD).exit_code == 2
    monkeypatch.setenv("RADVIGIL_NEW_PASSWORD", new)
    refused = run(*change, password="guessed at random")
    assert (refused.exit_code, "not right" in refused.stderr) == (1, True)
    done = run(*change, password=WORD)
    assert done.exit_code == 0, done.output
    assert run("user", "login", "ada", "--home", home, password=WORD).exit_code == 1
    assert run("user", "login", "ada", "--home", home, password=new).exit_code == 0
    trail = run_as("audit", "show", "--last", "999", "--json").stdout
    assert "own new password" in trail
    assert "sign-in refused" in trail
    assert WORD not in trail
    assert new not in trail
    assert run_as("audit", "verify").exit_code == 0


@pytest.mark.requirement("R-P11-200", "R-P11-300")
def test_whoever_adds_an_account_or_replaces_a_password_opens_nothing_with_it(
    run_as: Run, run: Run, home: Path
) -> None:
    login = ("user", "login", "eve", "--home", home)
    assert run_as("user", "add", "eve", "--full-name", "Eve", "--role", "engineer").exit_code == 0
    for new in (None, "short", WORD):
        refused = run(*login, password=WORD, new=new)
        assert (refused.exit_code, "an own one must be set" in refused.stderr) == (2, True)
    assert run_as("user", "list").exit_code == 0  # still Ada's session
    assert run(*login, password=WORD, new=OWN).exit_code == 0
    assert run(*login, password=WORD).exit_code == 1
    assert run(*login, password=OWN).exit_code == 0

    replace = ("user", "password", "eve", "--replace", "--home", home)
    own = run(*replace, "--reason", "lost", new="a temporary word")
    assert (own.exit_code, "may not replace forgotten passwords" in own.stderr) == (1, True)
    assert run("user", "login", "ada", "--home", home, password=WORD).exit_code == 0
    assert run(*replace, new="a temporary word").exit_code == 2  # no reason
    done = run(*replace, "--reason", "she called, I know her voice", new="a temporary word")
    assert done.exit_code == 0, done.output
    assert run(*login, password=OWN).exit_code == 1
    assert run(*login, password="a temporary word").exit_code == 2
    assert run(*login, password="a temporary word", new=OWN).exit_code == 0
    trail = json.loads(run_as("audit", "show", "--last", "99", "--json").stdout)
    told = [one["action"] for one in trail]
    assert "replacing a password refused" in told
    assert "sign-in refused: password to change" in told
    replaced = next(one for one in trail if one["reason"].startswith("she called"))
    assert replaced["actor"] == "ada"
    assert json.loads(replaced["new"])["password_temporary"] is True


@pytest.mark.requirement("R-P11-300")
def test_a_password_ends_where_the_setting_says_so(
    run_as: Run, run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from records import own_passwords

    login = ("user", "login", "ada", "--home", home)
    monkeypatch.setattr(own_passwords, "password_lifetime", lambda: timedelta(microseconds=1))
    refused = run_as("user", "unlock", "ada", "--reason", "a deed")
    assert (refused.exit_code, "a new one must be set" in refused.stderr) == (1, True)
    assert run(*login, password=WORD).exit_code == 2
    monkeypatch.undo()
    monkeypatch.setenv("RADVIGIL_PASSWORD_DAYS", "1")
    assert run(*login, password=WORD).exit_code == 0
    monkeypatch.setenv("RADVIGIL_PASSWORD_DAYS", "0")
    wrong = run(*login, password=WORD)
    assert (wrong.exit_code, "RADVIGIL_PASSWORD_DAYS" in wrong.stderr) == (2, True)


@pytest.mark.requirement("R-P11-10d", "REG-001")
def test_an_account_is_linked_to_a_person_of_a_provider_shown_and_unlinked(
    run_as: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.records.test_identity_provider import written

    words = ("user", "link", "lena", "--subject", "7f3a", "--reason", "form 12")
    added = run_as("user", "add", "lena", "--full-name", "Lena", "--role", "quality")
    assert added.exit_code == 0, added.output
    unnamed = run_as(*words)
    assert (unnamed.exit_code, "No issuer was named" in unnamed.output) == (2, True)
    monkeypatch.setenv("RADVIGIL_OPENID", str(written(tmp_path)))
    linked = run_as(*words)
    assert "LNK-0001: '7f3a' of https://login.example.org/realms/hospital" in linked.output
    assert run_as(*words).exit_code == 1
    (shown,) = json.loads(run_as("user", "links", "--json").stdout)
    assert (shown["account"], shown["subject"], shown["status"]) == ("lena", "7f3a", "active")
    assert "LNK-0001 is revoked" in run_as("user", "unlink", "lena", "--reason", "left").output
    assert run_as("user", "unlink", "lena", "--reason", "left").exit_code == 1
    trail = json.loads(run_as("audit", "show", "--subject", "IdentityLink:1", "--json").stdout)
    assert [one["action"] for one in trail] == ["create", "change status"]
    assert run_as("audit", "verify").exit_code == 0


def test_an_absence_is_recorded_listed_and_ended(run_as: Run, run: Run, home: Path) -> None:
    added = run_as("user", "add", "rita", "--full-name", "Rita Regel", "--role", "regulatory")
    assert added.exit_code == 0, added.output
    words = ("user", "absent", "ada", "--from", "2026-01-01", "--until", "2099-01-01",
             "--substitute", "rita", "--reason", "sabbatical")  # fmt: skip
    done = run_as(*words)
    assert "ABS-0001: Rita Regel stands in for Ada Quality" in done.output, done.output
    assert "The own roles of Rita Regel do not allow: close alerts" in done.output
    assert run_as(*words).exit_code == 1
    (listed,) = json.loads(run_as("user", "absences", "--json").stdout)
    assert (listed["substitute"], listed["until"]) == ("rita", "2099-01-01")
    duties = json.loads(run_as("user", "responsible", "--json").stdout)
    by_act = {one["act"]: one for one in duties}
    assert by_act["close alerts"]["nobody_stands_in_for"] == ["Ada Quality"]
    assert by_act["acknowledge alerts"]["who"] == ["Rita Regel, also for Ada Quality"]
    assert run_as("user", "returned", "ada", "--reason", "back").exit_code == 0
    assert run_as("user", "returned", "ada", "--reason", "back").exit_code == 1
    assert run_as("audit", "verify").exit_code == 0
