select
  count(*) as trees,
  100.0 * count(*) filter (where planted >= 2010) / nullif(count(*), 0) as young
from sensor_trees
where planted is not null
