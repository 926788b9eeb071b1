-- Each playlist as a chart, with one row per track and day. chart_rank is the track's position from 1. Empty slots,
-- episodes and other items keep their ranks, so the tracks after them do not move up. A track that is listed twice has its
-- better rank. previous_rank is its rank in the playlist's previous snapshot, or null if it was not in that snapshot: it is
-- new if days_on_chart is 1, otherwise it has returned. peak_rank is its best rank so far. days_on_chart is the number of
-- snapshots with the track so far, not counting absences.
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
ranked AS (
  SELECT playlist_id, snapshot_date, track_id, min(position) + 1 AS chart_rank
  FROM playlist_items
  WHERE track_id IS NOT NULL
  GROUP BY playlist_id, snapshot_date, track_id
),
followed AS (
  SELECT
    *,
    lag(chart_rank) OVER (PARTITION BY playlist_id, track_id ORDER BY snapshot_date) AS last_rank,
    lag(snapshot_date) OVER (PARTITION BY playlist_id, track_id ORDER BY snapshot_date) AS last_listed_on,
    min(chart_rank) OVER (PARTITION BY playlist_id, track_id ORDER BY snapshot_date) AS peak_rank,
    count(*) OVER (PARTITION BY playlist_id, track_id ORDER BY snapshot_date) AS days_on_chart
  FROM ranked
),
main_artists AS (
  SELECT snapshot_date, track_id, min_by(artist_id, artist_position) AS artist_id
  FROM track_artists
  GROUP BY snapshot_date, track_id
)
SELECT
  f.playlist_id,
  p.name AS playlist_name,
  f.chart_rank,
  CASE WHEN f.last_listed_on = s.previous_snapshot_date THEN f.last_rank END AS previous_rank,
  f.peak_rank,
  f.days_on_chart,
  f.track_id,
  t.name AS track_name,
  m.artist_id,
  a.name AS artist_name,
  f.snapshot_date
FROM followed f
JOIN snapshots s
  ON s.playlist_id = f.playlist_id AND s.snapshot_date = f.snapshot_date
JOIN tracks t
  ON t.track_id = f.track_id AND t.snapshot_date = f.snapshot_date
LEFT JOIN playlists p
  ON p.playlist_id = f.playlist_id AND p.snapshot_date = f.snapshot_date
LEFT JOIN main_artists m
  ON m.track_id = f.track_id AND m.snapshot_date = f.snapshot_date
LEFT JOIN artists a
  ON a.artist_id = m.artist_id AND a.snapshot_date = f.snapshot_date
