select
  year,
  sum(planned) / 1000000.0 as planned,
  sum(actual) / 1000000.0 as actual
from budget
group by year
order by year nulls last
