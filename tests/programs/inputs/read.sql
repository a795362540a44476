-- Reads what write.sql left.
SELECT count(*), sum(hits), max(id) FROM word;
SELECT id, text, hits FROM word WHERE text BETWEEN 'word-29' AND 'word-2904' ORDER BY text LIMIT 5;
SELECT hits, count(*) FROM word GROUP BY hits ORDER BY 2 DESC, 1 LIMIT 3;
SELECT type, name, tbl_name FROM sqlite_schema;
