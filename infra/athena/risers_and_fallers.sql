-- Change: the 7 days; the 20 tracks in each direction.
-- Question: Which tracks rose and fell in the playlists this week?
-- Compares the rank in a playlist on the newest day with the track's first rank there in the last days.
WITH ranks AS (
  SELECT
    playlist_id,
    track_id,
    max_by(playlist_name, snapshot_date) AS playlist_name,
    max_by(track_name, snapshot_date) AS track_name,
    max_by(artist_names, snapshot_date) AS artist_names,
    min(snapshot_date) AS since,
    min_by(chart_rank, snapshot_date) AS rank_before,
    max_by(chart_rank, snapshot_date) AS rank_now,
    min_by(chart_rank, snapshot_date) - max_by(chart_rank, snapshot_date) AS places_up
  FROM chart_positions
  WHERE snapshot_date >= (SELECT CAST(date(max(snapshot_date)) - INTERVAL '7' DAY AS varchar) FROM playlist_daily)
  GROUP BY playlist_id, track_id
  HAVING max(snapshot_date) = (SELECT max(snapshot_date) FROM playlist_daily)
),
moved AS (
  SELECT
    *,
    row_number() OVER (
      PARTITION BY sign(places_up) ORDER BY abs(places_up) DESC, rank_now, playlist_id, track_id
    ) AS place
  FROM ranks
  WHERE places_up <> 0
)
SELECT places_up, playlist_name, track_name, artist_names, rank_before, rank_now, since
FROM moved
WHERE place <= 20
ORDER BY places_up DESC, rank_now, playlist_id, track_id
