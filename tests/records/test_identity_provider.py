"""The file that describes an identity provider: private, whole, and never quoted."""

from pathlib import Path

import pytest

from records.errors import InvalidInput
from records.identity_provider import identity_provider, read_provider
from records.settings import REPOSITORY

WHOLE = """[provider]
name = "Example Hospital"
issuer = "https://login.example.org/realms/hospital/"

[auth]
redirect_uri = "https://radvigil.example.org/oauth2callback"
cookie_secret = "0123456789abcdef0123456789abcdef"
client_id = "radvigil"
client_secret = "keep-me-secret"
server_metadata_url = "https://login.example.org/.well-known/openid-configuration"
client_kwargs = { scope = "openid", prompt = "login" }
"""


def written(folder: Path, text: str = WHOLE, mode: int = 0o600) -> Path:
    file = folder / "openid.toml"
    file.write_text(text, encoding="utf-8")
    file.chmod(mode)
    return file


@pytest.mark.requirement("R-P11-10d")
def test_the_setting_names_the_file_and_without_it_there_is_no_provider(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RADVIGIL_OPENID", raising=False)
    assert identity_provider() is None
    monkeypatch.setenv("RADVIGIL_OPENID", str(written(tmp_path)))
    provider = identity_provider()
    assert provider is not None
    assert (provider.name, provider.client_id) == ("Example Hospital", "radvigil")
    assert provider.issuer == "https://login.example.org/realms/hospital"


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("[provider]", "[somebody]", r"no section \[provider\]"),
        ('client_secret = "keep-me-secret"\n', "", "'client_secret' is missing"),
        ('client_id = "radvigil"', "client_id = 7", "'client_id' is missing or no text"),
        ('"https://login.example.org/realms', '"http://login.example.org/realms', "'issuer' is no"),
        ("https://radvigil.", "http://radvigil.", "'redirect_uri' is no https"),
        ("/oauth2callback", "/elsewhere", "does not end with /oauth2callback"),
        ("0123456789abcdef0123456789abcdef", "short", "shorter than 32"),
        (', prompt = "login"', "", 'does not say prompt = "login"'),
        ("[auth]", "[auth", "it is no TOML"),
    ],
)
def test_what_is_wrong_is_named_and_no_secret_is_quoted(
    tmp_path: Path, old: str, new: str, match: str
) -> None:
    assert old in WHOLE
    with pytest.raises(InvalidInput, match=match) as refused:
        read_provider(written(tmp_path, WHOLE.replace(old, new)))
    assert "keep-me-secret" not in str(refused.value)


def test_plain_http_is_for_this_machine_only(tmp_path: Path) -> None:
    text = WHOLE.replace("https://login.example.org", "http://localhost:9400").replace(
        "https://radvigil.example.org", "http://127.0.0.1:8501"
    )
    assert read_provider(written(tmp_path, text)).issuer.startswith("http://localhost:9400")


@pytest.mark.requirement("R-P11-10d")
def test_a_file_that_others_can_read_is_absent_or_lies_in_the_repository_is_refused(
    tmp_path: Path,
) -> None:
    with pytest.raises(InvalidInput, match="others can read it: use 'chmod 600'"):
        read_provider(written(tmp_path, mode=0o640))
    with pytest.raises(InvalidInput, match="cannot be read: No such file"):
        read_provider(tmp_path / "absent.toml")
    with pytest.raises(InvalidInput, match="inside the repository"):
        read_provider(REPOSITORY / "pyproject.toml")
