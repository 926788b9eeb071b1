-- Change: the 50 tracks. For another day, write '2026-11-21' instead of the query in brackets.
-- Question: Which tracks are in most of my playlists?
-- On the newest day, with the names of the playlists.
SELECT
  track_name,
  artist_names,
  count(DISTINCT playlist_id) AS playlists,
  count(*) AS appearances,
  array_join(array_agg(DISTINCT playlist_name ORDER BY playlist_name), ', ') AS playlist_names
FROM playlist_tracks
WHERE snapshot_date = (SELECT max(snapshot_date) FROM playlists)
GROUP BY track_id, track_name, artist_names
ORDER BY playlists DESC, appearances DESC, track_name, track_id
LIMIT 50
