-- Each artist a day: tracks and appearances in playlists, followers and popularity, and how these moved
-- since the day the artist was last seen before.
WITH listed AS (
  SELECT
    i.snapshot_date,
    ta.artist_id,
    count(DISTINCT i.track_id) AS tracks,
    count(*) AS appearances
  FROM playlist_items i
  JOIN track_artists ta
    ON ta.track_id = i.track_id AND ta.snapshot_date = i.snapshot_date
  GROUP BY i.snapshot_date, ta.artist_id
)
SELECT
  l.artist_id,
  a.name,
  l.tracks,
  l.appearances,
  l.appearances - lag(l.appearances) OVER (PARTITION BY l.artist_id ORDER BY l.snapshot_date) AS appearances_change,
  a.followers,
  a.followers - lag(a.followers) OVER (PARTITION BY l.artist_id ORDER BY l.snapshot_date) AS followers_change,
  a.popularity,
  a.popularity - lag(a.popularity) OVER (PARTITION BY l.artist_id ORDER BY l.snapshot_date) AS popularity_change,
  l.snapshot_date
FROM listed l
JOIN artists a
  ON a.artist_id = l.artist_id AND a.snapshot_date = l.snapshot_date
