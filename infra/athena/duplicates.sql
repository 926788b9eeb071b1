-- Change: nothing. For another day, write '2026-11-21' instead of the query in brackets.
-- Question: Which recordings are in a playlist more than once?
-- On the newest day, by ISRC: two tracks with the same ISRC are the same recording. A track without an ISRC counts by
-- its id.
SELECT
  playlist_name,
  track_name,
  artist_name,
  isrc,
  copies,
  array_join(positions, ', ') AS positions,
  array_join(track_ids, ', ') AS track_ids
FROM duplicates d
WHERE snapshot_date = (SELECT max(snapshot_date) FROM playlist_daily)
ORDER BY copies DESC, playlist_name, element_at(d.positions, 1), playlist_id
