"""From a frozen dataset to a model with a name, and from a radiograph to a prediction."""
