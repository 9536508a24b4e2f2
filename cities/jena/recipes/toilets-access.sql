select
  count(*) as toilets,
  100.0 * count(*) filter (where wheelchair = 'yes') / nullif(count(*), 0) as accessible,
  cast(count(wheelchair) as double) / nullif(count(*), 0) as known
from toilets
