"""Whether a day may be published: row checks, rules, and the reconciliation of read and written records."""
