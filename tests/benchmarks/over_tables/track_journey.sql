WITH ranks AS (
  SELECT
    playlist_id,
    track_id,
    snapshot_date,
    min(position) + 1 AS chart_rank
  FROM playlist_items
  WHERE track_id IS NOT NULL
  GROUP BY playlist_id, track_id, snapshot_date
),
charts AS (
  SELECT
    *,
    lag(chart_rank) OVER (PARTITION BY playlist_id, track_id ORDER BY snapshot_date) AS previous_rank,
    min(chart_rank) OVER (PARTITION BY playlist_id, track_id ORDER BY snapshot_date) AS peak_rank,
    row_number() OVER (PARTITION BY playlist_id, track_id ORDER BY snapshot_date) AS days_on_chart
  FROM ranks
)
SELECT snapshot_date, playlist_id, chart_rank, previous_rank, peak_rank, days_on_chart
FROM charts
WHERE track_id = (
    SELECT track_id FROM charts GROUP BY track_id ORDER BY count(DISTINCT playlist_id) DESC, count(*) DESC, track_id LIMIT 1
  )
  AND snapshot_date > (SELECT CAST(date(max(snapshot_date)) - INTERVAL '90' DAY AS varchar) FROM playlists)
ORDER BY snapshot_date, playlist_id
