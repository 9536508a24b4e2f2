-- The macros that recipes may use where the engines differ, as DuckDB understands them.
-- name: bucket
-- The start of the time span of the given length that a moment lies in: bucket(ts, '15 minutes').
create temp macro bucket(moment, span) as time_bucket(cast(span as interval), moment);
-- name: dow
-- The day of the week from 1 (Monday) to 7 (Sunday), as in ISO 8601.
create temp macro dow(day) as cast(isodow(day) as integer);
-- name: string_list
-- All different texts of a group in alphabetical order, joined by a comma.
create temp macro string_list(word) as array_to_string(list_sort(list(distinct word) filter (where word is not null)), ', ');
