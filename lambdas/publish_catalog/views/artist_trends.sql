-- One row per artist and day: tracks and appearances in playlists, followers, popularity, and the changes since the
-- previous day with the artist. followers and popularity are as of observed_at, which may be days before snapshot_date
-- (ArtistRefreshDays). Their changes are null on a day without a newer observation.
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
  CASE
    WHEN a.fetched_at > lag(a.fetched_at) OVER (PARTITION BY l.artist_id ORDER BY l.snapshot_date)
    THEN a.followers - lag(a.followers) OVER (PARTITION BY l.artist_id ORDER BY l.snapshot_date)
  END AS followers_change,
  a.popularity,
  CASE
    WHEN a.fetched_at > lag(a.fetched_at) OVER (PARTITION BY l.artist_id ORDER BY l.snapshot_date)
    THEN a.popularity - lag(a.popularity) OVER (PARTITION BY l.artist_id ORDER BY l.snapshot_date)
  END AS popularity_change,
  CASE WHEN a.is_full THEN a.fetched_at END AS observed_at,
  l.snapshot_date
FROM listed l
JOIN artists a
  ON a.artist_id = l.artist_id AND a.snapshot_date = l.snapshot_date
