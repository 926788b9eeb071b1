"""Athena on this machine: SQL as Trino runs it, over a catalog and a storage.

Nothing here depends on moto or boto3. The local AWS and `make query` give their catalog and storage to the
same engine.
"""
