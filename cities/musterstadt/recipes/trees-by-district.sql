select
  district,
  count(*) as trees,
  count(*) filter (where street) as street_trees
from trees
where district is not null
group by district
union all
select '00' as district, count(*) as trees, count(*) filter (where street) as street_trees
from trees
order by district nulls last
