select genus, count(*) as trees, min(planted) as oldest
from sensor_trees
where genus is not null
group by genus
order by trees desc nulls last, genus nulls last
