"""How often intervals cover the truth, a family a file; each file lists its STUDIES."""
