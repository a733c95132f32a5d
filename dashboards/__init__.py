"""The pages: what quality, regulatory and engineering people see and sign. No rule, no number."""
