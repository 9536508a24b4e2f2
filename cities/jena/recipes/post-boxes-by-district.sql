with counted as (
  select district, count(*) as found
  from post_boxes
  where district is not null
  group by district
)
select
  h.district,
  case when counted.found is null then 0 else counted.found end as post_boxes,
  1000.0 * (case when counted.found is null then 0 else counted.found end) / nullif(h.households, 0) as per_1000
from households_by_year h
left join counted on counted.district = h.district
where h.year = 2016 and h.district <> '0'
union all
select
  '0' as district,
  sum(counted.found) as post_boxes,
  1000.0 * sum(counted.found) / nullif(max(city.households), 0) as per_1000
from counted
cross join (select households from households_by_year where year = 2016 and district = '0') city
order by district nulls last
