select
  district,
  cast(extract(year from date) as integer) as year,
  people
from population
where people is not null
order by district nulls last, year nulls last
