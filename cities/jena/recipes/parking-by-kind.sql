select kind, count(*) as number
from parking
group by kind
order by number desc nulls last, kind nulls last
