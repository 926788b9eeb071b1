-- information_schema.
SELECT table_name, table_type FROM information_schema.tables WHERE table_schema = 'spotify_lake' AND table_name IN ('tracks', 'plays', 'latest_tracks') ORDER BY 1;
SELECT column_name, data_type, ordinal_position FROM information_schema.columns WHERE table_schema = 'spotify_lake' AND table_name = 'tracks' ORDER BY ordinal_position;
SELECT column_name, data_type FROM information_schema.columns WHERE table_name = 'edge_values' AND table_schema = 'spotify_lake' ORDER BY ordinal_position;
SELECT schema_name FROM information_schema.schemata WHERE schema_name IN ('spotify_lake', 'information_schema') ORDER BY 1;
SELECT table_catalog, count(*) > 5 FROM information_schema.tables WHERE table_schema = 'spotify_lake' GROUP BY 1;
SELECT DISTINCT table_schema FROM information_schema.columns WHERE table_name = 'tracks';
SELECT table_name FROM information_schema.views WHERE table_schema = 'spotify_lake' AND table_name = 'latest_tracks';
SELECT is_nullable, column_default FROM information_schema.columns WHERE table_name = 'tracks' AND column_name = 'name';
SELECT count(*) FROM information_schema.nothing;
SELECT c.column_name FROM information_schema.columns c JOIN information_schema.tables t ON t.table_name = c.table_name AND t.table_schema = c.table_schema WHERE c.data_type = 'date' AND t.table_schema = 'spotify_lake' AND t.table_type = 'BASE TABLE' ORDER BY c.table_name, c.column_name;
SELECT column_name FROM spotify_lake.information_schema.columns;
SELECT column_name FROM awsdatacatalog.information_schema.columns WHERE table_name = 'track_artists' ORDER BY ordinal_position;
