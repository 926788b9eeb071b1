-- One row per artist and day, from the mart artist_daily: tracks and appearances in playlists, followers, popularity, and
-- the changes since exactly one day before. followers and popularity are as of observed_at, which may be days before
-- snapshot_date (ArtistRefreshDays). Their changes are null on a day without a newer observation.
SELECT
  artist_id,
  name,
  tracks,
  appearances,
  appearances_change_1d AS appearances_change,
  followers,
  followers_change_1d AS followers_change,
  popularity,
  popularity_change_1d AS popularity_change,
  observed_at,
  snapshot_date
FROM artist_daily
