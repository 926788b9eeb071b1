"""The same stack on this machine: what goes to AWS, run without an account."""
