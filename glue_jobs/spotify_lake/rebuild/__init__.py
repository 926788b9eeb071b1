"""Days made again from the raw zone: ranges of days, and rebuilds of some tables."""
