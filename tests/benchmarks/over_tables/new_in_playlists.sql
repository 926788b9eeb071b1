WITH days AS (
  SELECT
    playlist_id,
    snapshot_date,
    lag(snapshot_date) OVER (PARTITION BY playlist_id ORDER BY snapshot_date) AS previous_day
  FROM playlist_items
  GROUP BY playlist_id, snapshot_date
),
seen AS (
  SELECT
    playlist_id,
    item_uri,
    snapshot_date,
    min_by(item_name, position) AS item_name,
    min(position) AS position
  FROM playlist_items
  WHERE item_uri IS NOT NULL
  GROUP BY playlist_id, item_uri, snapshot_date
)
SELECT s.snapshot_date AS added_on, s.playlist_id, s.item_name, s.position
FROM seen s
JOIN days d
  ON d.playlist_id = s.playlist_id AND d.snapshot_date = s.snapshot_date
LEFT JOIN seen b
  ON b.playlist_id = s.playlist_id AND b.item_uri = s.item_uri AND b.snapshot_date = d.previous_day
WHERE s.snapshot_date > (SELECT CAST(date(max(snapshot_date)) - INTERVAL '7' DAY AS varchar) FROM playlists)
  AND d.previous_day IS NOT NULL
  AND b.item_uri IS NULL
ORDER BY s.snapshot_date DESC, s.playlist_id, s.position
