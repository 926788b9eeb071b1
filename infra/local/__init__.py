"""The same stack on this machine: what goes to AWS, run without an account."""

import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]

# The functions' and the job's packages are found by the names they have on AWS.
for _folder in ("lambdas", "glue_jobs"):
    if str(_ROOT / _folder) not in sys.path:
        sys.path.append(str(_ROOT / _folder))
