"""What the device found, as DICOM objects that a PACS keeps beside the images."""
