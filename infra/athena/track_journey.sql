-- Change: the track. Write its name and remove the dashes from the line that begins with -- AND; the 90 days.
-- Question: How has a track fared over time?
-- Its rank in each playlist, and its popularity, day by day. By default the track that has been in most playlists.
SELECT
  c.snapshot_date,
  c.track_name,
  c.artist_names,
  c.playlist_name,
  c.chart_rank,
  c.previous_rank,
  c.peak_rank,
  c.days_on_chart,
  t.popularity
FROM chart_positions c
JOIN tracks t
  ON t.track_id = c.track_id AND t.snapshot_date = c.snapshot_date
WHERE c.snapshot_date > (SELECT CAST(date(max(snapshot_date)) - INTERVAL '90' DAY AS varchar) FROM playlist_daily)
  AND t.snapshot_date > (SELECT CAST(date(max(snapshot_date)) - INTERVAL '90' DAY AS varchar) FROM playlist_daily)
  AND c.track_id = (
    SELECT track_id
    FROM chart_positions
    WHERE snapshot_date > (SELECT CAST(date(max(snapshot_date)) - INTERVAL '90' DAY AS varchar) FROM playlist_daily)
    -- AND track_name = 'Northern Line'
    GROUP BY track_id
    ORDER BY count(DISTINCT playlist_id) DESC, count(*) DESC, track_id
    LIMIT 1
  )
ORDER BY c.snapshot_date, c.playlist_name, c.playlist_id
