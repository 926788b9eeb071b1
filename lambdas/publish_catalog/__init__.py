"""After the crawl: descriptions onto the catalog, and the views that analysts use."""
