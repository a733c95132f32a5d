"""The DICOM node: studies arrive from registered systems over the network."""
