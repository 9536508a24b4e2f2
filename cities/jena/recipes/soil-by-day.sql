with jumps as (
  select
    date,
    gid,
    value,
    value - lag(value) over (partition by gid order by date nulls last) as jump
  from soil_moisture
)
select
  date,
  avg(value) as mean,
  count(value) as probes,
  count(distinct value) as different,
  avg(case when jump < 0 then -jump else jump end) as mean_jump
from jumps
group by date
order by date nulls last
