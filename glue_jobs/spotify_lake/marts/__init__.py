"""The marts: flat tables made from the tables of a day and from the marts of earlier days."""
