-- Children in need of a place among all people of a district, in the newest year that both tables have.
with people as (
  select district, cast(extract(year from date) as integer) as year, people
  from population
),
joined as (
  select children.district as district, children.year as year, children.children as children, people.people as people
  from children
  join people on children.district = people.district and children.year = people.year
),
newest as (select max(year) as year from joined)
select joined.district as district, joined.children as children, joined.people as people
from joined
join newest on joined.year = newest.year
