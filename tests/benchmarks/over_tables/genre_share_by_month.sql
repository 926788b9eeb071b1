WITH months AS (
  SELECT
    substr(i.snapshot_date, 1, 7) AS month,
    g.genre,
    count(DISTINCT i.snapshot_date) AS days,
    count(*) AS appearances
  FROM playlist_items i
  JOIN track_artists c
    ON c.track_id = i.track_id AND c.snapshot_date = i.snapshot_date
  JOIN artists a
    ON a.artist_id = c.artist_id AND a.snapshot_date = i.snapshot_date
  CROSS JOIN UNNEST(a.genres) AS g (genre)
  WHERE i.snapshot_date >= (
    SELECT CAST(date_trunc('month', date(max(snapshot_date))) - INTERVAL '11' MONTH AS varchar) FROM playlists
  )
  GROUP BY substr(i.snapshot_date, 1, 7), g.genre
),
shares AS (
  SELECT
    month,
    genre,
    days,
    100.0 * appearances / sum(appearances) OVER (PARTITION BY month) AS share_percent,
    row_number() OVER (PARTITION BY month ORDER BY appearances DESC, genre) AS place
  FROM months
)
SELECT month, place, genre, round(share_percent, 1) AS share_percent, days
FROM shares
WHERE place <= 10
ORDER BY month DESC, place
