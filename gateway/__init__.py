"""Programs of a hospital ask over HTTP: a study in, what the device said of it out."""
