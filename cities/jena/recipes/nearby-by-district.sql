-- Shares are only given for districts with at least 500 households: in smaller ones a single place changes everything.
-- The map is of December 2014, so households of 2014 are taken.
with n_kindergartens as (
  select district, count(*) as n from kindergartens where district is not null group by district
  union all
  select '0' as district, count(*) as n from kindergartens where district is not null
),
n_playgrounds as (
  select district, count(*) as n from playgrounds where district is not null group by district
  union all
  select '0' as district, count(*) as n from playgrounds where district is not null
),
n_bicycle_stands as (
  select district, count(*) as n from bicycle_parking where district is not null group by district
  union all
  select '0' as district, count(*) as n from bicycle_parking where district is not null
),
n_post_boxes as (
  select district, count(*) as n from post_boxes where district is not null group by district
  union all
  select '0' as district, count(*) as n from post_boxes where district is not null
),
n_pharmacies as (
  select district, count(*) as n from pharmacies where district is not null group by district
  union all
  select '0' as district, count(*) as n from pharmacies where district is not null
),
n_trees as (
  select district, count(*) as n from trees where district is not null group by district
  union all
  select '0' as district, count(*) as n from trees where district is not null
)
select
  h.district,
  h.households,
  coalesce(n_kindergartens.n, 0) as kindergartens,
  coalesce(n_playgrounds.n, 0) as playgrounds,
  coalesce(n_bicycle_stands.n, 0) as bicycle_stands,
  coalesce(n_post_boxes.n, 0) as post_boxes,
  coalesce(n_pharmacies.n, 0) as pharmacies,
  coalesce(n_trees.n, 0) as trees,
  case when h.households >= 500 then 1000.0 * coalesce(n_kindergartens.n, 0) / nullif(h.households, 0) end as kindergartens_per_1000,
  case when h.households >= 500 then 1000.0 * coalesce(n_playgrounds.n, 0) / nullif(h.households, 0) end as playgrounds_per_1000,
  case when h.households >= 500 then 1000.0 * coalesce(n_bicycle_stands.n, 0) / nullif(h.households, 0) end as bicycle_stands_per_1000,
  case when h.households >= 500 then 1000.0 * coalesce(n_post_boxes.n, 0) / nullif(h.households, 0) end as post_boxes_per_1000,
  case when h.households >= 500 then 1000.0 * coalesce(n_pharmacies.n, 0) / nullif(h.households, 0) end as pharmacies_per_1000,
  case when h.households >= 500 then 1000.0 * coalesce(n_trees.n, 0) / nullif(h.households, 0) end as trees_per_1000
from households_by_year h
left join n_kindergartens on n_kindergartens.district = h.district
left join n_playgrounds on n_playgrounds.district = h.district
left join n_bicycle_stands on n_bicycle_stands.district = h.district
left join n_post_boxes on n_post_boxes.district = h.district
left join n_pharmacies on n_pharmacies.district = h.district
left join n_trees on n_trees.district = h.district
where h.year = 2014
order by h.district nulls last
