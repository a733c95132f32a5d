"""A signature beside each exported file: who receives it checks where it came from, without us.

21 CFR 11.30 asks of open systems that records stay authentic on their way. The signature is
Ed25519 (RFC 8032) over the bytes of the file, by the key that signs the anchors of the audit
trail; the trail tells the public key ('publish key'), and it lies beside the files as PEM.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from records.anchor_keys import signing_key
from records.store import Store

SUFFIX = ".sig"


def sign_files(store: Store, contents: Mapping[str, bytes], *, now: datetime) -> dict[str, bytes]:
    """What to lay beside files of these names and contents: a signature each, and the public key.

    ``openssl pkeyutl -verify -rawin -pubin -inkey KEY.pem -in FILE -sigfile FILE.sig`` checks one.
    The key's file is named by the beginning of the SHA-256 of the key, so that an older one stays.
    """
    key = signing_key(store, now=now)
    public = key.public_key()
    name = f"signing-key-{hashlib.sha256(public.public_bytes_raw()).hexdigest()[:12]}.pem"
    signed = {file + SUFFIX: key.sign(content) for file, content in contents.items()}
    return signed | {name: public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)}


def signature_holds(content: bytes, signature: bytes, public_pem: bytes) -> bool:
    """Whether a signature is one over this content by this public key (PEM)."""
    try:
        public = load_pem_public_key(public_pem)
        if not isinstance(public, Ed25519PublicKey):
            return False
        public.verify(signature, content)
    except (InvalidSignature, ValueError):
        return False
    return True
