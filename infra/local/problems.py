"""What a user of the command line can cause and fix."""


class UserProblem(Exception):
    """Something that a user can cause; the message says what is wrong and how to fix it."""
