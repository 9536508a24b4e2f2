select
  count(*) as places,
  100.0 * count(*) filter (where barrier_free) / nullif(count(*), 0) as accessible
from polling_places
