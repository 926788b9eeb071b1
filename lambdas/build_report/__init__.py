"""After the summary: builds the HTML report of the day from the tables and marts."""
