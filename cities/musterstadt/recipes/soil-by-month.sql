-- Probes that stand outside the city's districts are left out.
select
  cast(date_trunc('month', soil.date) as date) as month,
  avg(soil.moisture) as moisture,
  cast(count(distinct soil.probe) as double) / 24.0 as coverage
from soil
join probes on probes.probe = soil.probe
where probes.district is not null
group by date_trunc('month', soil.date)
having count(distinct soil.date) >= 28
order by month nulls last
