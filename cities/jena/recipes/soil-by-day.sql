with counted as (
  select date, moisture, count(*) as sensors
  from soil
  group by date, moisture
)
select
  date,
  cast(sum(sensors) as integer) as sensors,
  sum(moisture * sensors) / nullif(sum(sensors), 0) as mean,
  100.0 * max(sensors) / nullif(sum(sensors), 0) as same_share
from counted
group by date
order by date nulls last
