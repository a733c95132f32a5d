"""One writer a format; each sets any document."""
