select sum(length_m) / 1000.0 as kilometres, count(*) as pieces
from speed_30
