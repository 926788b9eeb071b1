"""The raw bucket's side of the fetch: objects, run state and indexes."""
