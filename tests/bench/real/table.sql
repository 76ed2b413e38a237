-- SPDX-License-Identifier: MIT
-- A table in memory: inserts, an index, grouping, a join, deletes.
create table t(a integer primary key, b text, c integer);
with recursive n(x) as (select 1 union all select x + 1 from n where x < 200000)
	insert into t select x, hex(x * 7919 % 1000003) || ' text', x * 31 % 977
	from n;
create index by_b on t(b);
create index by_c on t(c);
select count(*), sum(length(b)), max(b) from t;
select c, count(*), length(group_concat(b)) from t group by c
	order by 2 desc, 1 limit 3;
select count(*) from t x join t y on x.c = y.c where x.a % 100 = 0;
update t set b = b || b where a % 3 = 0;
delete from t where a % 5 = 0;
select count(*), sum(length(b)) from t;
