-- One row per track placement, that is a track at a position of a playlist on a day, with its album, its main artist (the
-- first one credited) and the names of all its artists in the order of the credits. A track that is in a playlist twice
-- has two rows. Episodes, chapters, local files and empty slots are only in playlist_items.
WITH credits AS (
  SELECT
    ta.snapshot_date,
    ta.track_id,
    min_by(ta.artist_id, ta.artist_position) AS main_artist_id,
    array_join(array_agg(a.name ORDER BY ta.artist_position), ', ') AS artist_names
  FROM track_artists ta
  JOIN artists a
    ON a.artist_id = ta.artist_id AND a.snapshot_date = ta.snapshot_date
  GROUP BY ta.snapshot_date, ta.track_id
)
SELECT
  i.playlist_id,
  p.name AS playlist_name,
  i.position,
  i.track_id,
  t.name AS track_name,
  c.main_artist_id AS artist_id,
  a.name AS artist_name,
  c.artist_names,
  t.album_id,
  al.name AS album_name,
  t.duration_ms,
  t.explicit,
  i.added_at,
  i.snapshot_date
FROM playlist_items i
JOIN tracks t
  ON t.track_id = i.track_id AND t.snapshot_date = i.snapshot_date
LEFT JOIN playlists p
  ON p.playlist_id = i.playlist_id AND p.snapshot_date = i.snapshot_date
LEFT JOIN albums al
  ON al.album_id = t.album_id AND al.snapshot_date = i.snapshot_date
LEFT JOIN credits c
  ON c.track_id = i.track_id AND c.snapshot_date = i.snapshot_date
LEFT JOIN artists a
  ON a.artist_id = c.main_artist_id AND a.snapshot_date = i.snapshot_date
