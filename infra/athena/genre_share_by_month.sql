-- Change: the 12 months; the 10 genres of each month.
-- Question: How do the shares of the genres change from month to month?
-- A track counts for every genre of each of its artists, once per position in a playlist and day. Tracks without a
-- known genre are left out.
WITH months AS (
  SELECT
    substr(snapshot_date, 1, 7) AS month,
    genre,
    count(DISTINCT snapshot_date) AS days,
    sum(appearances) AS appearances
  FROM genre_daily
  WHERE genre <> '(no genre)'
    AND snapshot_date >= (
      SELECT CAST(date_trunc('month', date(max(snapshot_date))) - INTERVAL '11' MONTH AS varchar) FROM playlist_daily
    )
  GROUP BY substr(snapshot_date, 1, 7), genre
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
