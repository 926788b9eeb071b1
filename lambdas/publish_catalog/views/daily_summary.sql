-- One row per day: the number of playlists, items, tracks, albums, artists, episodes, local files and rejected records,
-- and the artist with the most appearances. hours sums the items whose length is known, and explicit_percent is the share
-- among the tracks that are marked as explicit or not. A figure is null if nothing is known.
WITH days AS (
  SELECT snapshot_date, count(*) AS playlists FROM playlists GROUP BY snapshot_date
),
items AS (
  SELECT
    snapshot_date,
    count(*) AS items,
    count_if(item_type = 'local') AS local_files,
    round(sum(duration_ms) / 3600000.0, 1) AS hours
  FROM playlist_items
  GROUP BY snapshot_date
),
track_figures AS (
  SELECT
    snapshot_date,
    count(*) AS tracks,
    round(100.0 * count_if(explicit) / nullif(count(explicit), 0), 1) AS explicit_percent
  FROM tracks
  GROUP BY snapshot_date
),
album_figures AS (SELECT snapshot_date, count(*) AS albums FROM albums GROUP BY snapshot_date),
artist_figures AS (SELECT snapshot_date, count(*) AS artists FROM artists GROUP BY snapshot_date),
episode_figures AS (SELECT snapshot_date, count(*) AS episodes FROM episodes GROUP BY snapshot_date),
rejected AS (SELECT snapshot_date, count(*) AS rejected_records FROM rejected_records GROUP BY snapshot_date),
appearances AS (
  SELECT i.snapshot_date, ta.artist_id, count(*) AS appearances
  FROM playlist_items i
  JOIN track_artists ta
    ON ta.track_id = i.track_id AND ta.snapshot_date = i.snapshot_date
  GROUP BY i.snapshot_date, ta.artist_id
),
ranked AS (
  SELECT
    ap.snapshot_date,
    a.name,
    row_number() OVER (PARTITION BY ap.snapshot_date ORDER BY ap.appearances DESC, a.name) AS place
  FROM appearances ap
  JOIN artists a
    ON a.artist_id = ap.artist_id AND a.snapshot_date = ap.snapshot_date
)
SELECT
  d.playlists,
  coalesce(i.items, 0) AS items,
  coalesce(t.tracks, 0) AS tracks,
  coalesce(al.albums, 0) AS albums,
  coalesce(ar.artists, 0) AS artists,
  coalesce(e.episodes, 0) AS episodes,
  coalesce(i.local_files, 0) AS local_files,
  CASE WHEN i.items > 0 THEN i.hours ELSE 0 END AS hours,
  t.explicit_percent,
  coalesce(r.rejected_records, 0) AS rejected_records,
  top.name AS most_listed_artist,
  d.snapshot_date
FROM days d
LEFT JOIN items i ON i.snapshot_date = d.snapshot_date
LEFT JOIN track_figures t ON t.snapshot_date = d.snapshot_date
LEFT JOIN album_figures al ON al.snapshot_date = d.snapshot_date
LEFT JOIN artist_figures ar ON ar.snapshot_date = d.snapshot_date
LEFT JOIN episode_figures e ON e.snapshot_date = d.snapshot_date
LEFT JOIN rejected r ON r.snapshot_date = d.snapshot_date
LEFT JOIN ranked top ON top.snapshot_date = d.snapshot_date AND top.place = 1
