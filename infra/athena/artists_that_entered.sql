-- Change: the 7 days, in both places.
-- Question: Which artists entered my playlists this week?
-- Artists of the newest day who were not in any playlist on the first of the last days.
SELECT
  a.name,
  min(c.snapshot_date) AS first_day,
  count_if(c.snapshot_date = a.snapshot_date) AS tracks,
  array_join(a.genres, ', ') AS genres,
  a.followers
FROM track_artists c
JOIN artists a
  ON a.artist_id = c.artist_id
WHERE c.snapshot_date >= (SELECT CAST(date(max(snapshot_date)) - INTERVAL '7' DAY AS varchar) FROM playlists)
  AND a.snapshot_date = (SELECT max(snapshot_date) FROM playlists)
GROUP BY a.artist_id, a.name, a.genres, a.followers
HAVING count_if(c.snapshot_date = a.snapshot_date) > 0
  AND min(c.snapshot_date) > (
    SELECT min(snapshot_date)
    FROM playlists
    WHERE snapshot_date >= (SELECT CAST(date(max(snapshot_date)) - INTERVAL '7' DAY AS varchar) FROM playlists)
  )
ORDER BY tracks DESC, a.name, a.artist_id
