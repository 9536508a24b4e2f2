select
  100.0 * count(*) filter (where phone) / nullif(count(*), 0) as phone,
  100.0 * count(*) filter (where online) / nullif(count(*), 0) as online
from services
