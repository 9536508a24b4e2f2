with readings as (
  select
    concat(substring(time, 12, 2), ':00') as hour,
    dow(cast(substring(time, 1, 10) as date)) as weekday,
    occupied
  from car_park_altmarkt
)
select
  hour,
  avg(occupied) filter (where weekday <= 5) as weekdays,
  avg(occupied) filter (where weekday = 6) as saturday,
  avg(occupied) filter (where weekday = 7) as sunday,
  count(occupied) as readings
from readings
group by hour
order by hour nulls last
