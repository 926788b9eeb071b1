-- Which arguments are evaluated, and so whether a wrong one fails, next to a null.
SELECT id, 1 / 0 * nullif(an_integer, an_integer) FROM edge_values WHERE id = 1;
SELECT id, 1 / 0 + an_integer FROM edge_values WHERE id = 6;
SELECT id, an_integer + 1 / 0 FROM edge_values WHERE id = 6;
SELECT id, an_integer / 0, an_integer % 0, a_decimal / 0.0 FROM edge_values WHERE id = 6;
SELECT id, try(an_integer / 0), try(5 % 0 + an_integer) FROM edge_values ORDER BY id;
SELECT 1 / 0 + CAST(NULL AS integer);
SELECT id, an_integer IN (1, 1 / 0) FROM edge_values WHERE id = 6;
SELECT id, 5 IN (1 / 0, an_integer) FROM edge_values WHERE id = 6;
SELECT repeat(date_parse('x', '%Y'), 0);
SELECT element_at(map(ARRAY['a'], texts), 'a') FROM edge_values WHERE id = 1;
SELECT element_at(transform_keys(map(texts, ARRAY[1]), (k, v) -> 1e0), a_real) FROM edge_values WHERE id = 7;
SELECT substr(element_at(transform(ARRAY[1], x -> 'a'), 2), 1 / 0);
SELECT regexp_position('abc', element_at(zip_with(ARRAY[1], ARRAY[2], (x, y) -> 'a'), 2), 1, codepoint(''));
SELECT try(substr(element_at(transform(ARRAY[1], x -> 'a'), 2), 1 / 0));
SELECT transform(ARRAY[1], x -> substr(CAST(NULL AS varchar), x / 0));
SELECT substr(element_at(transform(texts, x -> 'a'), 9), 1 / 0) FROM edge_values WHERE id = 1;
