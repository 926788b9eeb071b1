-- Approximate aggregates.
-- tolerance 0.05
SELECT approx_distinct(track_id), approx_distinct(popularity), approx_distinct(name) FROM tracks;
-- tolerance 0.05
SELECT snapshot_date, approx_distinct(track_id) FROM playlist_items GROUP BY snapshot_date ORDER BY 1;
-- tolerance 0.05
SELECT approx_distinct(track_id, 0.01), approx_distinct(x) FROM tracks CROSS JOIN UNNEST(sequence(1, 500)) AS t (x);
SELECT approx_distinct(NULL), approx_distinct(x) FROM (VALUES 1, 1, NULL) AS t (x);
-- tolerance 0.05
SELECT approx_percentile(x, 0.5), approx_percentile(x, 0.95), approx_percentile(x, ARRAY[0.1, 0.9]) FROM UNNEST(sequence(1, 1000)) AS t (x);
SELECT approx_percentile(popularity, 0.5), approx_percentile(duration_ms, 0.0), approx_percentile(duration_ms, 1.0) FROM tracks WHERE snapshot_date = '2026-11-29';
SELECT approx_percentile(CAST(popularity AS double), 0.5), approx_percentile(popularity, 2, 0.5), typeof(approx_percentile(popularity, 0.5)), typeof(approx_percentile(CAST(popularity AS double), ARRAY[0.5])) FROM tracks WHERE snapshot_date = '2026-11-29';
SELECT approx_percentile(popularity, 1.5) FROM tracks;
SELECT approx_percentile(name, 0.5) FROM tracks;
-- tolerance 0.05
SELECT cardinality(approx_set(x)), (SELECT cardinality(merge(s)) FROM (SELECT approx_set(track_id) AS s FROM tracks GROUP BY snapshot_date)) FROM UNNEST(sequence(1, 300)) AS t (x);
SELECT approx_set(name), count(*) FROM tracks GROUP BY 1;
SELECT cardinality(empty_approx_set());
-- tolerance 0.05
SELECT value_at_quantile(tdigest_agg(x), 0.5), value_at_quantile(qdigest_agg(x), 0.5) FROM UNNEST(transform(sequence(1, 1000), v -> CAST(v AS double))) AS t (x);
SELECT approx_most_frequent(2, item_type, 10) FROM playlist_items WHERE item_type IN ('track', 'episode');
SELECT approx_most_frequent(1, item_type, 10) FROM playlist_items;
