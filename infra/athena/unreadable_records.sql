-- Change: the 30 days; the 200 records.
-- Question: What could not be read, and why?
-- Latest first, with the raw text and where it is stored.
SELECT
  r.snapshot_date,
  r.source,
  r.reason,
  r.detail,
  r.playlist_id,
  r.position,
  r.object_uri,
  r.line_number,
  r.raw_text
FROM rejected_records r
WHERE r.snapshot_date > (SELECT CAST(date(max(snapshot_date)) - INTERVAL '30' DAY AS varchar) FROM playlists)
ORDER BY r.snapshot_date DESC, r.object_uri, r.line_number, r.raw_text
LIMIT 200
