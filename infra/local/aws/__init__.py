"""AWS on this machine: moto answers the API calls, and real work is done behind them.

Every correction of moto is a "seam" in one module of this package; each says which behaviour of moto it
corrects and has a test. `LocalAws` installs them all.
"""

from infra.local.aws import botocore_loader  # noqa: F401  # before moto is imported
from infra.local.aws.server import LocalAws, LocalAwsInUse

__all__ = ["LocalAws", "LocalAwsInUse"]
