"""How Spark does the work: the session, the stages and their tasks, Arrow tables, Parquet, files."""
