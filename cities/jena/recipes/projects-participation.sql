select
  2015 as year,
  count(*) as projects,
  100.0 * count(*) filter (where cast(participation as varchar) like '%"Ja.%') / nullif(count(*), 0) as share
from projects
order by year nulls last
