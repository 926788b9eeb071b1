"""What the Lambdas share: logging and metrics, secrets, the form of playlist references."""
