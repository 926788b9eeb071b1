-- Change: the 7 days, in both places.
-- Question: What is new in my playlists this week?
-- Items that were added in the last days, latest first. The first contents of a playlist are not new.
SELECT
  c.snapshot_date AS added_on,
  c.playlist_name,
  c.item_name,
  p.artist_names,
  c.position
FROM playlist_changes c
LEFT JOIN chart_positions p
  ON p.playlist_id = c.playlist_id AND p.track_id = c.track_id AND p.snapshot_date = c.snapshot_date
  AND p.snapshot_date > (SELECT CAST(date(max(snapshot_date)) - INTERVAL '7' DAY AS varchar) FROM playlist_daily)
WHERE c.change = 'added'
  AND c.snapshot_date > (SELECT CAST(date(max(snapshot_date)) - INTERVAL '7' DAY AS varchar) FROM playlist_daily)
ORDER BY c.snapshot_date DESC, c.playlist_name, c.position, c.playlist_id
