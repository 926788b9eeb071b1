"""One module per entity: each takes accepted lines, or what was made of them, and returns a table's rows."""
