with wide as (
  select
    h.district,
    cast(extract(year from h.date) as integer) as year,
    h.households,
    s.households as single
  from households h
  left join single_households s on s.district = h.district and s.date = h.date
  where h.households is not null and h.district <> '999'
)
select
  wide.district,
  wide.year,
  wide.households,
  100.0 * wide.single / nullif(wide.households, 0) as single_share,
  1000000.0 * wide.households / nullif(d.area_m2, 0) as per_km2
from wide
left join districts d on d.code = wide.district
order by wide.district nulls last, wide.year nulls last
