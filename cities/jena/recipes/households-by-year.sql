select
  all_kinds.district,
  cast(extract(year from all_kinds.date) as integer) as year,
  all_kinds.households,
  alone.households as one_person,
  100.0 * alone.households / nullif(all_kinds.households, 0) as one_person_share
from households all_kinds
join one_person_households alone
  on alone.district = all_kinds.district and alone.date = all_kinds.date
where all_kinds.households is not null
order by all_kinds.district nulls last, year nulls last
