with texts as (
  select cast(topics as varchar) as topics from projects
)
select 'Bauen und Wohnen' as topic, count(*) as projects from texts where topics like '%Wohnen%'
union all
select 'Stadtentwicklung' as topic, count(*) as projects from texts where topics like '%Stadtentwicklung%'
union all
select 'Verkehr' as topic, count(*) as projects from texts where topics like '%Verkehr%'
union all
select 'Kultur, Freizeit, Sport' as topic, count(*) as projects from texts where topics like '%Kultur%'
union all
select 'Kinder, Jugend, Familie' as topic, count(*) as projects from texts where topics like '%Kinder%'
union all
select 'Bildung' as topic, count(*) as projects from texts where topics like '%Bildung%'
union all
select 'Umwelt' as topic, count(*) as projects from texts where topics like '%Umwelt%'
order by projects desc nulls last, topic nulls last
