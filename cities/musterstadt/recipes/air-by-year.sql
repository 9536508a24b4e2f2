select
  station,
  cast(extract(year from month) as integer) as year,
  avg(no2) as no2
from air
group by station, extract(year from month)
having count(no2) = 12
order by station nulls last, year nulls last
