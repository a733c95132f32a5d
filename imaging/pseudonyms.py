"""The pseudonyms of a workspace: made with its own key, apart for each site and issuer."""

from imaging.deidentify import Deidentifier
from records.keys import workspace_key
from records.store import Store


def workspace_deidentifier(store: Store, *, site: str = "", issuer: str = "") -> Deidentifier:
    """The de-identifier with this workspace's own key; patient numbers are those of a site.

    issuer: of numbers that another issuer of the same site gave out first (IssuerOfPatientID).
    """
    namespace = f"{site}\x1f{issuer}" if issuer else site
    return Deidentifier(workspace_key(store, "pseudonym"), namespace=namespace)
