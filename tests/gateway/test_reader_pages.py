"""The page behind a link: looking records nothing, one button records once, nobody else can."""

import re
import secrets
import string
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.calling_rate import Allowed
from gateway.reader_pages import MOST_BYTES
from journeys.answer_results import ResultShown, result_of
from records.lookup import find_events
from records.product import ModelVersion
from records.reader_answers import REASONS, UNVERIFIED
from records.reader_link_acts import Standing, digest_of_token
from records.settings import Workspace
from records.store import Store, open_store
from records.suspensions import propose_suspension
from tests.gateway.answering import Visitor, answering, answers, issue, links
from tests.journeys.returning import SITE, in_care

NUMBERS = count(100)
TOKENS: dict[str, str] = {}
ALPHABET = string.ascii_letters + string.digits + "-_"
WIDE = Allowed(each=10**6, together=10**6)


@pytest.fixture(scope="module")
def care(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One study, read by a live version that found pneumonia (score 0.87)."""
    folder = tmp_path_factory.mktemp("answering")
    store = open_store(Workspace(folder / "home").create())
    in_care(store, folder / "in")
    yield store
    store.close()


@pytest.fixture
def reader() -> str:
    """A reader whom no other test addresses."""
    return f"R{next(NUMBERS)}"


@pytest.fixture(scope="module")
def client(care: Store) -> Iterator[Visitor]:
    with answering(care, allowed=WIDE) as address, Visitor(address) as visitor:
        yield visitor


def seen_on(client: Visitor, token: str) -> str:
    page = client.get(f"/answer/{token}")
    assert page.status_code == 200, page.text
    found = re.search(r'name="seen" value="([0-9a-f]{64})"', page.text)
    assert found
    return found[1]


def send(client: Visitor, token: str, **fields: str) -> int:
    form = {"reading_order": "with the output", "seen": seen_on(client, token)} | fields
    return client.post(f"/answer/{token}", data=form).status_code


def test_an_answer_is_recorded_once_unverified_and_the_link_is_used_up(
    care: Store, client: Visitor, reader: str
) -> None:
    token = issue(care, reader=reader)
    form = {"response": "accepted", "reading_order": "with the output",
            "seen": seen_on(client, token)}  # fmt: skip
    done = client.post(f"/answer/{token}", data=form)
    assert (done.status_code, "your answer is recorded" in done.text) == (200, True)
    (one,) = answers(care, reader)
    assert (one.reader, one.finding, one.present, one.response) == (
        reader, "pneumonia", True, "accepted"
    )
    assert (one.saw_output, one.origin, one.identity) == (True, "link", UNVERIFIED)
    assert (one.prediction_id, one.evidence, one.reading_order) == (
        1, links(care, reader)[0].label, "with the output"
    )
    again = client.post(f"/answer/{token}", data=form)
    assert (again.status_code, "was answered" in again.text) == (410, True)
    assert client.get(f"/answer/{token}").status_code == 410
    assert len(answers(care, reader)) == 1
    (link,) = links(care, reader)
    assert (link.status, link.used_at is not None) == ("used", True)


def test_the_page_shows_what_was_said_and_no_patient_and_nothing_from_elsewhere(
    care: Store, client: Visitor, reader: str
) -> None:
    page = client.get(f"/answer/{issue(care, reader=reader)}")
    for words in ("STU-0001", "probability 0.870, at or above", "For review by a physician",
                  reader):  # fmt: skip
        assert words in page.text
    for words in ("Zwetschken", "QX-", "ACC-", "19610523", "<script", "http:", "https:", "src="):
        assert words not in page.text
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "set-cookie" not in page.headers


def test_looking_records_nothing_whoever_looks(care: Store, client: Visitor, reader: str) -> None:
    token = issue(care, reader=reader)
    with care.reader() as session:
        before = len(find_events(session))
    for purpose in ("", "prefetch"):
        assert client.get(f"/answer/{token}", headers={"Sec-Purpose": purpose}).status_code == 200
    assert client.head(f"/answer/{token}").status_code == 200
    assert client.get(f"/answer/{token}?response=accepted&seen=1").status_code == 200
    for method in ("OPTIONS", "PUT", "DELETE", "PATCH"):
        assert client.request(method, f"/answer/{token}").status_code == 405
    with care.reader() as session:
        assert len(find_events(session)) == before
    assert answers(care, reader) == []


def test_the_token_is_nowhere_on_record(care: Store, client: Visitor, reader: str) -> None:
    token = issue(care, reader=reader)
    send(client, token, response="accepted")
    assert len(token) == 43
    assert links(care, reader)[0].token_digest == digest_of_token(token)
    for file in care.workspace.home.rglob("*"):
        if file.is_file():
            assert token.encode() not in file.read_bytes(), file.name


@pytest.mark.parametrize(
    ("fields", "recorded"),
    [
        ({"response": "changed", "choice": "absent"}, (False, "changed", "")),
        ({"response": "rejected", "choice": "present", "reason": REASONS[0]},
         (True, "rejected", f": {REASONS[0]}")),
        ({"response": "changed", "choice": "present"}, None),
        ({"response": "changed"}, None),
        ({"response": "changed", "choice": "fracture"}, None),
        ({"response": "accepted", "choice": "absent"}, None),
        ({"response": "accepted", "reason": REASONS[0]}, None),
        ({"response": "rejected", "choice": "absent"}, None),
        ({"response": "rejected", "reason": REASONS[0]}, None),
        ({"response": "rejected", "choice": "absent", "reason": "Eva Zwetschkenbaum"}, None),
        ({"response": "perhaps"}, None),
        ({"response": "accepted", "reading_order": "last year"}, None),
    ],
)  # fmt: skip
def test_what_contradicts_itself_is_told_and_not_recorded(
    care: Store, client: Visitor, reader: str, fields: dict[str, str],
    recorded: tuple[bool, str, str] | None,
) -> None:
    token = issue(care, reader=reader)
    assert send(client, token, **fields) == (200 if recorded else 422)
    label = links(care, reader)[0].label
    found = [
        (one.present, one.response, one.evidence.removeprefix(label))
        for one in answers(care, reader)
    ]
    assert found == ([recorded] if recorded else [])
    assert links(care, reader)[0].status == ("used" if recorded else "open")


def test_a_form_that_its_own_page_did_not_send_counts_for_nothing(
    care: Store, client: Visitor, reader: str
) -> None:
    token, other = issue(care, reader=reader), issue(care, reader=reader)
    form = {"response": "accepted", "reading_order": "with the output"}
    good = form | {"seen": seen_on(client, token)}
    path = f"/answer/{token}"
    assert client.post(path, data=form).status_code == 403
    assert client.post(path, data=form | {"seen": seen_on(client, other)}).status_code == 403
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
                    {"Origin": "https://elsewhere.example"}):  # fmt: skip
        assert client.post(path, data=good, headers=headers).status_code == 403
    assert client.post(path, json=good).status_code == 400
    assert client.post(path, data=b"a=" + b"b" * MOST_BYTES, headers={
        "Content-Type": "application/x-www-form-urlencoded"}).status_code == 400  # fmt: skip
    assert client.post(path, data=good | {"response": ["accepted", "rejected"]}).status_code == 400
    assert answers(care, reader) == []
    assert client.post(path, data=good, headers={
        "Origin": "null", "Sec-Fetch-Site": "same-origin"}).status_code == 200  # fmt: skip


def test_an_expired_and_a_withdrawn_link_say_so(care: Store, client: Visitor, reader: str) -> None:
    old = issue(care, reader=reader, days=1, now=datetime.now(UTC) - timedelta(days=2))
    page = client.get(f"/answer/{old}")
    assert (page.status_code, "This link has expired" in page.text) == (410, True)
    first, second = issue(care, reader=reader), issue(care, reader=reader)
    assert send(client, second, response="accepted") == 200
    page = client.get(f"/answer/{first}")
    assert (page.status_code, "was withdrawn" in page.text) == (410, True)
    assert len(answers(care, reader)) == 1


def test_where_use_was_suspended_since_the_page_says_not_to_rely_on_the_result(
    tmp_path: Path, reader: str
) -> None:
    with closing(open_store(Workspace(tmp_path / "home").create())) as store:
        in_care(store, tmp_path / "in")
        token = issue(store, reader=reader)
        at = datetime.now(UTC)
        with store.transaction("service:surveillance", "revalidation failed", now=at) as tx:
            propose_suspension(tx, tx.get_one(ModelVersion, 1), SITE, grounds="sensitivity fell",
                               by="service:surveillance", rule="MPL-0001", now=at)  # fmt: skip
        with answering(store, allowed=WIDE) as address, Visitor(address) as visitor:
            page = visitor.get(f"/answer/{token}").text
            assert "Do not rely on this result: device suspended (SUS-0001)" in page
            assert send(visitor, token, response="accepted") == 200, "what is said of it counts"


@settings(max_examples=25, deadline=None)
@given(data=st.data())
def test_no_other_token_opens_anything(care: Store, data: st.DataObject) -> None:
    token = TOKENS.setdefault("one", "") or issue(care, reader="R99")
    TOKENS["one"] = token
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.sampled_from(ALPHABET).filter(lambda one: one != token[at]))
    altered = data.draw(st.sampled_from([
        token[:at] + other + token[at + 1:], token[:at] + token[at + 1:],
        token[:at] + other + token[at:], token + "=", token + "\n", " " + token, "",
        secrets.token_urlsafe(32), digest_of_token(token),
    ]))  # fmt: skip
    assert result_of(care, altered) is Standing.UNKNOWN
    assert isinstance(result_of(care, token), ResultShown)


def test_two_answers_at_once_record_one(care: Store, client: Visitor, reader: str) -> None:
    token = issue(care, reader=reader)
    form = {"response": "accepted", "reading_order": "with the output",
            "seen": seen_on(client, token)}  # fmt: skip
    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(
            lambda _: client.post(f"/answer/{token}", data=form).status_code, range(8)
        ))  # fmt: skip
    assert sorted(done) == [200] + [410] * 7
    assert len(answers(care, reader)) == 1


def test_who_asks_too_often_waits(care: Store) -> None:
    with answering(care, allowed=Allowed(each=3, together=9)) as address:
        client = Visitor(address)
        found = [client.get("/answer/x") for _ in range(5)]
        assert client.get("/").status_code == 429
    assert [one.status_code for one in found] == [404, 404, 404, 429, 429]
    assert found[-1].headers["retry-after"] == "60"
