-- One row per genre and day: appearances in playlists, tracks and artists. A track counts for every genre of each of its
-- artists. Tracks whose artists have no known genre are left out. Genres are as of the artist's record, which may have
-- been read days before snapshot_date (artists.fetched_at).
SELECT
  g.genre,
  count(*) AS appearances,
  count(DISTINCT i.track_id) AS tracks,
  count(DISTINCT g.artist_id) AS artists,
  i.snapshot_date
FROM playlist_items i
JOIN track_artists ta
  ON ta.track_id = i.track_id AND ta.snapshot_date = i.snapshot_date
JOIN (
  SELECT a.snapshot_date, a.artist_id, t.genre
  FROM artists a
  CROSS JOIN UNNEST(a.genres) AS t (genre)
) g
  ON g.artist_id = ta.artist_id AND g.snapshot_date = ta.snapshot_date
GROUP BY i.snapshot_date, g.genre
