"""From a dataset to a model that can be served."""
