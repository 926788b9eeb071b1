"""From the tables, marts and run reports of the lake to the panels of the report."""
