WITH days AS (
  SELECT
    playlist_id,
    snapshot_date,
    row_number() OVER (PARTITION BY playlist_id ORDER BY snapshot_date) AS number,
    lead(snapshot_date) OVER (PARTITION BY playlist_id ORDER BY snapshot_date) AS next_day
  FROM playlist_items
  GROUP BY playlist_id, snapshot_date
),
seen AS (
  SELECT
    i.playlist_id,
    i.item_uri,
    i.snapshot_date,
    min_by(i.item_name, i.position) AS item_name,
    max(d.next_day) AS next_day,
    max(d.number) - row_number() OVER (
      PARTITION BY i.playlist_id, i.item_uri ORDER BY i.snapshot_date
    ) AS stay
  FROM playlist_items i
  JOIN days d
    ON d.playlist_id = i.playlist_id AND d.snapshot_date = i.snapshot_date
  WHERE i.item_uri IS NOT NULL
  GROUP BY i.playlist_id, i.item_uri, i.snapshot_date
),
stays AS (
  SELECT
    playlist_id,
    item_uri,
    max_by(item_name, snapshot_date) AS item_name,
    min(snapshot_date) AS first_day,
    max(snapshot_date) AS last_day,
    max_by(next_day, snapshot_date) AS left_on
  FROM seen
  GROUP BY playlist_id, item_uri, stay
)
SELECT left_on, playlist_id, item_name, date_diff('day', date(first_day), date(last_day)) + 1 AS days, first_day, last_day
FROM stays
WHERE left_on > (SELECT CAST(date(max(snapshot_date)) - INTERVAL '7' DAY AS varchar) FROM playlists)
ORDER BY left_on DESC, playlist_id, item_uri
