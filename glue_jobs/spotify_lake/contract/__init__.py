"""What is promised: the tables and columns, the layout of the raw zone, and which changes are compatible."""
