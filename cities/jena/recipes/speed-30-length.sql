select 2014 as year, sum(length_m) / 1000.0 as kilometres, count(*) as pieces
from speed_30
order by year nulls last
