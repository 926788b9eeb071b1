"""`python -m infra.local`: the whole pipeline on this machine."""

from infra.local.cli import app

app()
