"""Read the raw zone: manifests, the objects of a day, parsing, accepted and rejected lines."""
