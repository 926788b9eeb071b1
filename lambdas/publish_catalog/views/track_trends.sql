-- One row per track and day: the number of playlists with the track, its best position (from 0), its popularity, and the
-- changes since the previous day with the track. popularity is as of popularity_observed_at, when a playlist with the
-- track was last read. Its change is null on a day without a newer observation.
WITH listed AS (
  SELECT
    snapshot_date,
    track_id,
    count(DISTINCT playlist_id) AS playlists,
    count(*) AS appearances,
    min(position) AS best_position
  FROM playlist_items
  WHERE track_id IS NOT NULL
  GROUP BY snapshot_date, track_id
)
SELECT
  l.track_id,
  t.name,
  l.playlists,
  l.appearances,
  l.best_position,
  l.best_position - lag(l.best_position) OVER (PARTITION BY l.track_id ORDER BY l.snapshot_date) AS best_position_change,
  t.popularity,
  CASE
    WHEN t.fetched_at > lag(t.fetched_at) OVER (PARTITION BY l.track_id ORDER BY l.snapshot_date)
    THEN t.popularity - lag(t.popularity) OVER (PARTITION BY l.track_id ORDER BY l.snapshot_date)
  END AS popularity_change,
  CASE WHEN t.popularity IS NOT NULL THEN t.fetched_at END AS popularity_observed_at,
  l.snapshot_date
FROM listed l
JOIN tracks t
  ON t.track_id = l.track_id AND t.snapshot_date = l.snapshot_date
