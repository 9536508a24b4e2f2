select
  cast(date_trunc('month', time) as date) as month,
  cast(sum(new_cases) as integer) as new_cases,
  max(active) as most_active,
  max(deaths) as deaths
from covid_cases
group by date_trunc('month', time)
order by month nulls last
