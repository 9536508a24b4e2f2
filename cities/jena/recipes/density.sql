select
  d.code as district,
  h.households / nullif(d.area_m2 / 1000000.0, 0) as per_km2
from districts d
join households_by_year h on h.district = d.code and h.year = 2016
order by district nulls last
