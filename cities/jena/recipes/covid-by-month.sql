with monthly as (
  select
    date_trunc('month', time) as month,
    max(cases) as cases,
    max(deaths) as deaths
  from covid_cases
  group by date_trunc('month', time)
)
select
  cast(month as date) as month,
  cases - coalesce(lag(cases) over (order by month nulls last), 0) as new_cases,
  deaths - coalesce(lag(deaths) over (order by month nulls last), 0) as new_deaths,
  cases as total
from monthly
order by month nulls last
