-- One row per genre and day, from the mart genre_daily: appearances in playlists, tracks and artists. A track counts for
-- every genre of each of its artists. Tracks whose artists have no known genre are left out. Genres are as of the artist's
-- record, which may have been read days before snapshot_date (artists.fetched_at).
SELECT
  genre,
  appearances,
  tracks,
  artists,
  snapshot_date
FROM genre_daily
WHERE genre <> '(no genre)'
