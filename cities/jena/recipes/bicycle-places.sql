select
  district,
  count(*) as stands,
  sum(capacity) as places,
  cast(count(capacity) as double) / nullif(count(*), 0) as known
from bicycle_parking
where district is not null
group by district
union all
select '0' as district, count(*) as stands, sum(capacity) as places, cast(count(capacity) as double) / nullif(count(*), 0) as known
from bicycle_parking
order by district nulls last
