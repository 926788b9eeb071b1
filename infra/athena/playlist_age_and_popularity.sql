-- Change: the playlist. Write its name and remove the dashes from the line that begins with -- AND; the 90 days.
-- Question: How do the average age and popularity of a playlist change over time?
-- By default of the largest playlist. The age of a track is the time from its release to the day, in years.
SELECT
  p.snapshot_date,
  max(p.playlist_name) AS playlist_name,
  count(*) AS tracks,
  round(avg(date_diff('day', a.release_date, date(p.snapshot_date))) / 365.25, 1) AS average_age_years,
  round(avg(t.popularity), 1) AS average_popularity
FROM playlist_tracks p
JOIN tracks t
  ON t.track_id = p.track_id AND t.snapshot_date = p.snapshot_date
LEFT JOIN albums a
  ON a.album_id = p.album_id AND a.snapshot_date = p.snapshot_date
  AND a.snapshot_date > (SELECT CAST(date(max(snapshot_date)) - INTERVAL '90' DAY AS varchar) FROM playlists)
WHERE p.snapshot_date > (SELECT CAST(date(max(snapshot_date)) - INTERVAL '90' DAY AS varchar) FROM playlists)
  AND t.snapshot_date > (SELECT CAST(date(max(snapshot_date)) - INTERVAL '90' DAY AS varchar) FROM playlists)
  AND p.playlist_id = (
    SELECT playlist_id
    FROM playlists
    WHERE snapshot_date = (SELECT max(snapshot_date) FROM playlists)
    -- AND name = 'Slow Mornings'
    ORDER BY item_count DESC NULLS LAST, playlist_id
    LIMIT 1
  )
GROUP BY p.snapshot_date
ORDER BY p.snapshot_date
