-- Change: nothing. It needs runs that read the source saved_tracks.
-- Question: Which of my saved tracks are in none of my playlists?
-- On the newest day, last saved first. Tracks with the same ISRC are the same recording.
WITH listed AS (
  SELECT p.playlist_id, p.position, p.added_at, p.track_name, p.artist_names, p.album_name,
    coalesce(t.isrc, t.track_id) AS recording
  FROM playlist_tracks p
  JOIN tracks t
    ON t.track_id = p.track_id
  WHERE p.snapshot_date = (SELECT max(snapshot_date) FROM playlists)
    AND t.snapshot_date = (SELECT max(snapshot_date) FROM playlists)
)
SELECT added_at, track_name, artist_names, album_name
FROM listed
WHERE playlist_id = 'saved_tracks'
  AND recording NOT IN (SELECT recording FROM listed WHERE playlist_id <> 'saved_tracks')
ORDER BY added_at DESC, position
