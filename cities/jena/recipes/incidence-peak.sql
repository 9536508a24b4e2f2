select county, max(incidence) as peak, avg(incidence) as mean
from incidence
where incidence is not null
group by county
order by county nulls last
