"""What a radiologist's report says of findings: a weak reference standard, by versioned rules."""
