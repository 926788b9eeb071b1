"""Check that the runs of the schedule succeed."""
