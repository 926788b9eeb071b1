-- What was added to and removed from each playlist between two consecutive snapshots: one row per item, with change
-- 'added' or 'removed'. Nothing in the first snapshot of a playlist counts as a change.
WITH snapshots AS (
  SELECT
    playlist_id,
    snapshot_date,
    lag(snapshot_date) OVER (PARTITION BY playlist_id ORDER BY snapshot_date) AS previous_snapshot_date
  FROM (
    SELECT playlist_id, snapshot_date FROM playlist_items
    UNION
    SELECT playlist_id, snapshot_date FROM playlists WHERE item_count = 0
  )
),
items AS (
  SELECT
    playlist_id,
    snapshot_date,
    item_uri,
    max(item_type) AS item_type,
    max(track_id) AS track_id,
    max(episode_id) AS episode_id,
    max(item_name) AS item_name,
    min(position) AS position
  FROM playlist_items
  WHERE item_uri IS NOT NULL
  GROUP BY playlist_id, snapshot_date, item_uri
),
changes AS (
  SELECT
    s.playlist_id, s.previous_snapshot_date, s.snapshot_date, 'added' AS change,
    i.item_type, i.track_id, i.episode_id, i.item_name, i.position, i.item_uri
  FROM snapshots s
  JOIN items i
    ON i.playlist_id = s.playlist_id AND i.snapshot_date = s.snapshot_date
  LEFT JOIN items other
    ON other.playlist_id = s.playlist_id
    AND other.snapshot_date = s.previous_snapshot_date
    AND other.item_uri = i.item_uri
  WHERE s.previous_snapshot_date IS NOT NULL AND other.item_uri IS NULL
  UNION ALL
  SELECT
    s.playlist_id, s.previous_snapshot_date, s.snapshot_date, 'removed' AS change,
    i.item_type, i.track_id, i.episode_id, i.item_name, i.position, i.item_uri
  FROM snapshots s
  JOIN items i
    ON i.playlist_id = s.playlist_id AND i.snapshot_date = s.previous_snapshot_date
  LEFT JOIN items other
    ON other.playlist_id = s.playlist_id
    AND other.snapshot_date = s.snapshot_date
    AND other.item_uri = i.item_uri
  WHERE other.item_uri IS NULL
)
SELECT
  c.playlist_id,
  p.name AS playlist_name,
  c.change,
  c.item_name,
  c.item_type,
  c.position,
  c.track_id,
  c.episode_id,
  c.item_uri,
  c.previous_snapshot_date,
  c.snapshot_date
FROM changes c
LEFT JOIN playlists p
  ON p.playlist_id = c.playlist_id AND p.snapshot_date = c.snapshot_date
