-- Change: nothing. For another day, write '2026-11-21' instead of the queries in brackets.
-- Question: Which tracks in my playlists are unavailable, and why?
-- On the newest day: empty slots, tracks that Spotify withdrew, and tracks that are not playable in the market.
SELECT
  p.name AS playlist_name,
  i.position,
  i.item_name,
  CASE
    WHEN i.item_type = 'unavailable' THEN 'empty slot'
    WHEN t.name IS NULL THEN 'withdrawn'
    ELSE coalesce(t.restriction_reason, 'not playable')
  END AS reason,
  i.track_id,
  i.added_at
FROM playlist_items i
LEFT JOIN tracks t
  ON t.track_id = i.track_id AND t.snapshot_date = (SELECT max(snapshot_date) FROM playlists)
LEFT JOIN playlists p
  ON p.playlist_id = i.playlist_id AND p.snapshot_date = (SELECT max(snapshot_date) FROM playlists)
WHERE i.snapshot_date = (SELECT max(snapshot_date) FROM playlists)
  AND (
    i.item_type = 'unavailable'
    OR (t.track_id IS NOT NULL AND (t.name IS NULL OR NOT t.is_playable))
  )
ORDER BY p.name, i.playlist_id, i.position
