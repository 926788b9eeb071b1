"""A custom resource of the stack: puts the Glue job's code where Glue can read it."""
