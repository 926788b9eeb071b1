WITH ranks AS (
  SELECT playlist_id, track_id, snapshot_date, min(position) + 1 AS chart_rank, min_by(item_name, position) AS track_name
  FROM playlist_items
  WHERE track_id IS NOT NULL
    AND snapshot_date >= (SELECT CAST(date(max(snapshot_date)) - INTERVAL '7' DAY AS varchar) FROM playlists)
  GROUP BY playlist_id, track_id, snapshot_date
),
moved AS (
  SELECT
    playlist_id,
    max_by(track_name, snapshot_date) AS track_name,
    min_by(chart_rank, snapshot_date) - max_by(chart_rank, snapshot_date) AS places_up
  FROM ranks
  GROUP BY playlist_id, track_id
  HAVING max(snapshot_date) = (SELECT max(snapshot_date) FROM playlists)
)
SELECT places_up, playlist_id, track_name
FROM moved
WHERE places_up <> 0
ORDER BY abs(places_up) DESC
LIMIT 40
