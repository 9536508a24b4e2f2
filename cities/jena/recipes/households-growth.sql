select
  b.district,
  b.households as households_2006,
  n.households as households_2016,
  n.households - b.households as more,
  100.0 * (n.households - b.households) / nullif(b.households, 0) as growth
from households_by_year b
join households_by_year n on n.district = b.district and n.year = 2016
where b.year = 2006
order by b.district nulls last
