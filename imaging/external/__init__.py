"""What other makers' products say of studies: read from the forms in which their results come."""
