-- All counters together, day by day; a day on which a counter reported nothing is left out and counts as a gap.
select
  date as day,
  cast(sum(bicycles) as double) as bicycles
from cycling
group by date
having count(bicycles) = count(*)
order by day nulls last
