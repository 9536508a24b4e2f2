select county, max(incidence) as peak, avg(incidence) as mean
from incidence
where incidence is not null and cast(time as date) < date '2022-10-01'
group by county
order by county nulls last
