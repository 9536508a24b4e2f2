select
  later.district,
  100.0 * (later.households - earlier.households) / nullif(earlier.households, 0) as growth,
  later.households - earlier.households as more
from households_by_year later
join households_by_year earlier on earlier.district = later.district and earlier.year = 2006
where later.year = 2016
order by later.district nulls last
