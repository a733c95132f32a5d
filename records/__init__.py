"""The ground: everything that happens to a radiology AI device becomes a record here."""
