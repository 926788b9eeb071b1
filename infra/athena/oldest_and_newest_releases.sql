-- Change: the playlist. Write its name and remove the dashes from the line that begins with -- AND; the 10 tracks.
-- Question: Which are the oldest and the newest releases in a playlist?
-- On the newest day, by default of the largest playlist. Tracks without a known release date are left out.
WITH dated AS (
  SELECT
    p.playlist_name,
    p.position,
    p.track_name,
    p.artist_names,
    p.album_name,
    a.release_date,
    a.release_date_precision,
    row_number() OVER (ORDER BY a.release_date, p.position) AS oldest_first,
    row_number() OVER (ORDER BY a.release_date DESC, p.position) AS newest_first
  FROM playlist_tracks p
  JOIN albums a
    ON a.album_id = p.album_id
  WHERE p.snapshot_date = (SELECT max(snapshot_date) FROM playlists)
    AND a.snapshot_date = (SELECT max(snapshot_date) FROM playlists)
    AND a.release_date IS NOT NULL
    AND p.playlist_id = (
      SELECT playlist_id
      FROM playlists
      WHERE snapshot_date = (SELECT max(snapshot_date) FROM playlists)
      -- AND name = 'Slow Mornings'
      ORDER BY item_count DESC NULLS LAST, playlist_id
      LIMIT 1
    )
)
SELECT
  CASE WHEN oldest_first <= 10 THEN 'oldest' ELSE 'newest' END AS which,
  release_date,
  release_date_precision,
  track_name,
  artist_names,
  album_name,
  playlist_name,
  position
FROM dated
WHERE oldest_first <= 10 OR newest_first <= 10
ORDER BY release_date, position
