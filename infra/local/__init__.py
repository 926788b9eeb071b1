"""The same stack on this machine: what goes to AWS, run without an account."""

import os
import sys

# Nothing slow is imported here: `interrupts` is to be loaded as soon as possible.
_ROOT = __file__.rsplit(os.sep, 3)[0]

# The functions' and the job's packages are found by the names they have on AWS.
for _folder in ("lambdas", "glue_jobs"):
    if f"{_ROOT}{os.sep}{_folder}" not in sys.path:
        sys.path.append(f"{_ROOT}{os.sep}{_folder}")
