"""One module per entity, from accepted lines to a table's rows, and the registry of entities."""
