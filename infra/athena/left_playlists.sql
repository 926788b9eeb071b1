-- Change: the 7 days, in both places.
-- Question: What left my playlists this week, and how long had it stayed?
-- Latest first. Without a known start, an item may have been there longer than these days.
SELECT
  s.snapshot_date AS left_on,
  p.name AS playlist_name,
  s.item_name,
  s.days,
  s.first_day,
  s.last_day,
  s.is_start_known
FROM playlist_stays s
JOIN playlist_daily p
  ON p.playlist_id = s.playlist_id AND p.snapshot_date = s.snapshot_date
WHERE NOT s.is_open
  AND s.snapshot_date > (SELECT CAST(date(max(snapshot_date)) - INTERVAL '7' DAY AS varchar) FROM playlist_daily)
  AND p.snapshot_date > (SELECT CAST(date(max(snapshot_date)) - INTERVAL '7' DAY AS varchar) FROM playlist_daily)
ORDER BY s.snapshot_date DESC, p.name, s.days DESC, s.playlist_id, s.item_uri
