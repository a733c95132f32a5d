"""Before the first signature a page shows the policy; then it shows the form that signs."""

import pytest

from records.people import Role, register_person
from records.signature_policy import PolicyAcknowledgement, signature_policy
from records.store import Store
from tests.dashboards.conftest import Visit, text_of
from tests.dashboards.small_workspace import PASSWORD, TODAY


@pytest.mark.requirement("R-P11-10j")
def test_the_policy_is_read_and_acknowledged_where_one_signs(
    visit: Visit, records: Store
) -> None:
    with records.transaction("setup", now=TODAY) as tx:
        register_person(tx, "demo.second", full_name="Demo Second", roles=[Role.QUALITY],
                        password=PASSWORD, now=TODAY)  # fmt: skip
    app = visit("demo.second", "pending-changes")
    words = " ".join(text_of(app).split())
    assert "I answer for what I sign" in words
    assert not [one for one in app.button if str(one.key).startswith("sign-submit")]
    app.text_input(key="policy-password").set_value("wrong password")
    app.button(key="policy-acknowledge").click().run()
    assert "is not right" in app.error[0].value
    app.text_input(key="policy-password").set_value(PASSWORD)
    app.button(key="policy-acknowledge").click().run()
    assert "You have acknowledged version 1" in text_of(app)
    assert [one for one in app.button if str(one.key).startswith("sign-submit")]
    with records.reader() as reader:
        made = reader.get_one(PolicyAcknowledgement, 4)
    assert made.policy_digest == signature_policy().digest
