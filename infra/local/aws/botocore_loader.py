"""One loader of service descriptions for all of botocore's sessions; imported before moto.

Each session reads the descriptions it needs anew, and moto opens dozens of sessions, the first ones while it
is imported: together that takes a second.
"""

import functools

import botocore.session

botocore.session.create_loader = functools.cache(botocore.session.create_loader)
