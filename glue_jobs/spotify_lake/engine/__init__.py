"""How the job uses Spark: the session, the stages, the exchange of tables between them, and files."""
