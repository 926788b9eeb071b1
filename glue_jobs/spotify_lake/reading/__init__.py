"""From the raw zone to accepted lines: manifests, the selection of a day, parsing, rejected lines."""
