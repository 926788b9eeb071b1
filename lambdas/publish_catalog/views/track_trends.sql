-- One row per track and day, from the mart track_daily: the number of playlists with the track, its best position (from
-- 0), its popularity, and the changes since exactly one day before. popularity is as of popularity_observed_at, when a
-- playlist with the track was last read. Its change is null on a day without a newer observation.
SELECT
  track_id,
  name,
  playlists,
  appearances,
  best_position,
  best_position_change_1d AS best_position_change,
  popularity,
  popularity_change_1d AS popularity_change,
  popularity_observed_at,
  snapshot_date
FROM track_daily
