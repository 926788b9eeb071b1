"""`make query` and `make shell`: Athena SQL on a lake's folder, without the local AWS."""
