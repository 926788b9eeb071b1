"""After the crawl: describes the tables in the catalog and creates the views."""
