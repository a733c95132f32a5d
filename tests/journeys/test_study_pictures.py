"""A page asks for the pictures of a study with every click: they are made once."""

from datetime import datetime
from unittest.mock import patch

from journeys import study_pictures as pictures
from records.cases import Instance
from records.store import Store
from records.vault import Vault
from tests.adjudicated_workspace import populate_read, radiograph, written


def test_a_picture_is_decoded_once_and_withheld_as_soon_as_it_may_not_be_shown(
    store: Store, now: datetime
) -> None:
    populate_read(store, studies=8)
    digest = Vault(store.workspace.vault).put(written(radiograph()))
    with store.transaction("setup", "picture", now=now) as tx:
        one = Instance(study_id=1, instance_uid="2.25.1", digest=digest, source_digest="a" * 64,
                       deidentification={"verdict": "clean"}, brightness=0.5, contrast=0.2,
                       sharpness=0.1, noise=0.01, entropy=5.0, saturation=0.0)  # fmt: skip
        tx.add(one)
    pictures._picture.cache_clear()
    with patch.object(pictures, "shown_frame", wraps=pictures.shown_frame) as decoded:
        for _ in range(3):
            with store.reader() as reader:
                shown, withheld = pictures.study_pictures(store, reader, 1)
        assert decoded.call_count == len(shown) == 1
    assert shown[0].startswith(b"\x89PNG")
    assert not withheld
    with patch.object(pictures, "may_be_shown", return_value=False), store.reader() as reader:
        assert pictures.study_pictures(store, reader, 1)[0] == ()
