"""`python -m infra.local`: the whole pipeline on this machine."""

import gc

from infra.local import interrupts

interrupts.watch()

# Imported modules are never garbage. Looking for it during the imports, and at exit, takes longer than the
# imports themselves.
gc.disable()

from infra.local.cli import app  # noqa: E402

gc.freeze()
gc.enable()

app()
