with ranked as (
  select
    date_trunc('month', time) as month,
    cases,
    deaths,
    row_number() over (partition by date_trunc('month', time) order by time desc nulls last) as from_last
  from covid_cases
),
monthly as (
  select month, cases, deaths
  from ranked
  where from_last = 1
)
select
  cast(month as date) as month,
  cases - coalesce(lag(cases) over (order by month nulls last), 0) as new_cases,
  deaths - coalesce(lag(deaths) over (order by month nulls last), 0) as new_deaths,
  cases as total
from monthly
order by month nulls last
