"""The contract of the marts: what the job `build_marts` makes from the tables."""
