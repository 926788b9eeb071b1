SELECT
  p.playlist_name,
  min_by(p.track_name, p.position) AS track_name,
  min_by(p.artist_names, p.position) AS artist_names,
  t.isrc,
  count(*) AS appearances,
  array_join(array_agg(p.position ORDER BY p.position), ', ') AS positions,
  array_join(array_agg(p.track_id ORDER BY p.position), ', ') AS track_ids
FROM playlist_tracks p
JOIN tracks t
  ON t.track_id = p.track_id
WHERE p.snapshot_date = (SELECT max(snapshot_date) FROM playlists)
  AND t.snapshot_date = (SELECT max(snapshot_date) FROM playlists)
GROUP BY p.playlist_id, p.playlist_name, t.isrc, coalesce(t.isrc, t.track_id)
HAVING count(*) > 1
ORDER BY appearances DESC, p.playlist_name, min(p.position), p.playlist_id
