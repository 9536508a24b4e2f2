select
  district,
  year,
  100.0 * sum(places) / nullif(sum(children), 0) as places_per_100
from children
group by district, year
union all
select
  '00' as district,
  year,
  100.0 * sum(places) / nullif(sum(children), 0) as places_per_100
from children
group by year
order by district nulls last, year nulls last
