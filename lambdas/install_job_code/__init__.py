"""A custom resource of the stack that copies the Glue job's code to S3."""
