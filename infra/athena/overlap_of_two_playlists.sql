-- Change: the two playlists. Write their names and remove the dashes from the lines that begin with -- AND.
-- Question: Which tracks do two playlists have in common?
-- On the newest day: the largest playlist, and the one that shares most tracks with it. Tracks with the same ISRC are
-- the same recording.
WITH listed AS (
  SELECT
    p.playlist_id,
    p.playlist_name,
    coalesce(t.isrc, t.track_id) AS recording,
    min(p.position) AS position,
    min_by(p.track_name, p.position) AS track_name,
    min_by(p.artist_names, p.position) AS artist_names
  FROM playlist_tracks p
  JOIN tracks t
    ON t.track_id = p.track_id
  WHERE p.snapshot_date = (SELECT max(snapshot_date) FROM playlists)
    AND t.snapshot_date = (SELECT max(snapshot_date) FROM playlists)
  GROUP BY p.playlist_id, p.playlist_name, coalesce(t.isrc, t.track_id)
),
first_playlist AS (
  SELECT playlist_id
  FROM listed
  WHERE true
  -- AND playlist_name = 'Slow Mornings'
  GROUP BY playlist_id
  ORDER BY count(*) DESC, playlist_id
  LIMIT 1
),
in_common AS (
  SELECT
    a.track_name,
    a.artist_names,
    a.playlist_name AS first_playlist,
    a.position AS first_position,
    b.playlist_name AS second_playlist,
    b.position AS second_position,
    b.playlist_id
  FROM first_playlist f
  JOIN listed a
    ON a.playlist_id = f.playlist_id
  JOIN listed b
    ON b.recording = a.recording AND b.playlist_id <> a.playlist_id
  -- AND b.playlist_name = 'Late Trains'
),
second_playlist AS (
  SELECT playlist_id
  FROM in_common
  GROUP BY playlist_id
  ORDER BY count(*) DESC, playlist_id
  LIMIT 1
)
SELECT c.track_name, c.artist_names, c.first_playlist, c.first_position, c.second_playlist, c.second_position
FROM in_common c
JOIN second_playlist s
  ON s.playlist_id = c.playlist_id
ORDER BY c.first_position
