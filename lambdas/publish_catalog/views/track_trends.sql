-- Each track a day: in how many playlists it stands, its best position (from 0), its popularity, and how
-- these moved since the day it was last seen before.
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
  t.popularity - lag(t.popularity) OVER (PARTITION BY l.track_id ORDER BY l.snapshot_date) AS popularity_change,
  l.snapshot_date
FROM listed l
JOIN tracks t
  ON t.track_id = l.track_id AND t.snapshot_date = l.snapshot_date
