"""Passwords are hashed so that guessing them is dear."""

import pytest
from argon2 import extract_parameters
from argon2.profiles import RFC_9106_LOW_MEMORY

from tests.conftest import AS_DELIVERED


@pytest.mark.requirement("R-P11-300")
def test_the_program_hashes_with_the_profile_of_rfc_9106() -> None:
    made = AS_DELIVERED().hash("correct horse battery")
    assert extract_parameters(made) == RFC_9106_LOW_MEMORY
