-- Only complete months; a counter counts with the days it reported.
with monthly as (
  select
    date_trunc('month', date) as month,
    counter,
    avg(bicycles) as mean_of_counter,
    count(bicycles) as days_reported,
    count(*) as days
  from cycling
  group by date_trunc('month', date), counter
)
select
  cast(month as date) as month,
  sum(mean_of_counter) as bicycles_per_day,
  cast(sum(days_reported) as double) / nullif(sum(days), 0) as coverage
from monthly
group by month
having max(days) >= 28
order by month nulls last
