"""`python -m infra.local`: the whole pipeline on this machine."""

import gc

from infra.local import interrupts

interrupts.watch()

# What is imported here stays, and it is a lot: looking through it for garbage, again and again and once more
# at the end, takes longer than the imports themselves.
gc.disable()

from infra.local.cli import app  # noqa: E402

gc.freeze()
gc.enable()

app()
