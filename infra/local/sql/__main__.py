"""`python -m infra.local.sql`: Athena SQL on a lake's folder."""

import gc

from infra.local import interrupts

interrupts.watch()

# Imported modules are never garbage. Looking for it during the imports, and at exit, takes long.
gc.disable()

from infra.local.sql.cli import app  # noqa: E402

gc.freeze()
gc.enable()

app()
