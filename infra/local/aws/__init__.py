"""AWS on this machine: moto answers the API calls, and modules of this package do the work behind them.

Each module that replaces a part of moto has an `install` function, says which behaviour of moto it corrects,
and has a test. `LocalAws` installs them all.
"""

import functools

import botocore.session

# All of botocore's sessions share one loader of service descriptions: each would read them again, and moto
# opens dozens of sessions, the first while it is imported. That takes a second.
botocore.session.create_loader = functools.cache(botocore.session.create_loader)

from infra.local.aws.server import LocalAws, LocalAwsInUse  # noqa: E402 - imports moto

__all__ = ["LocalAws", "LocalAwsInUse"]
