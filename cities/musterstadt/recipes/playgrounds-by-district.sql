with newest as (
  select district, max(year) as year
  from people_by_year
  group by district
),
living as (
  select p.district, p.people
  from people_by_year p
  join newest n on n.district = p.district and n.year = p.year
),
counted as (
  select district, count(*) as playgrounds
  from playgrounds
  where district is not null
  group by district
)
select
  living.district,
  case when counted.playgrounds is null then 0 else counted.playgrounds end as playgrounds,
  1000.0 * (case when counted.playgrounds is null then 0 else counted.playgrounds end) / nullif(living.people, 0) as per_1000
from living
left join counted on counted.district = living.district
where living.district <> '00'
order by district nulls last
