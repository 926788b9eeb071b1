"""How a day becomes visible: staged files, atomic replacement, recovery, and the report of a run."""
