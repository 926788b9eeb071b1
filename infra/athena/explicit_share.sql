-- Change: nothing. For another day, write '2026-11-21' instead of the query in brackets.
-- Question: What share of each playlist is explicit?
-- On the newest day. Tracks of which it is not known are not part of the share.
SELECT
  playlist_name,
  count(*) AS tracks,
  count_if(explicit) AS explicit_tracks,
  round(100.0 * count_if(explicit) / nullif(count(explicit), 0), 1) AS explicit_percent
FROM playlist_tracks
WHERE snapshot_date = (SELECT max(snapshot_date) FROM playlists)
GROUP BY playlist_id, playlist_name
ORDER BY explicit_percent DESC, tracks DESC, playlist_name, playlist_id
