"""Shared by the Lambdas: logging and metrics, secrets, playlist references."""
