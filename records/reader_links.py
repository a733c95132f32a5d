"""Links by which one addressed reader may answer one result, once."""

from datetime import datetime
from typing import ClassVar

from sqlmodel import Field

from records.base import Record

OPEN, USED, EXPIRED, WITHDRAWN = "open", "used", "expired", "withdrawn"


class ReaderLink(Record, table=True):
    """A link in a result: which result, which reader, until when; the token only as a digest."""

    __tablename__ = "reader_link"
    PREFIX: ClassVar[str] = "RLK"

    id: int | None = Field(default=None, primary_key=True)
    prediction_id: int = Field(foreign_key="prediction.id", index=True)
    reader: str
    """Who is addressed, by the name that the site uses for readings."""
    token_digest: str = Field(unique=True)
    """SHA-256 of the token; the token itself is nowhere on record."""
    status: str = OPEN
    issued_by: str
    issued_at: datetime
    expires_at: datetime
    used_at: datetime | None = None
