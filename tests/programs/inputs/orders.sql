-- Joins, aggregates, windows, recursion, JSON, full text, R-tree, transactions: in memory.
CREATE TABLE customer(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE orders(id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customer(id), cents INTEGER, day TEXT);
CREATE INDEX orders_by_customer ON orders(customer, day);
INSERT INTO customer(name) VALUES ('Ada'), ('Bob'), ('Cleo'), ('Dan');
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
  INSERT INTO orders(customer, cents, day)
  SELECT i * 7 % 4 + 1, i * 7919 % 10007, date('2026-01-01', (i % 365) || ' days') FROM n;
SELECT name, count(*), sum(cents), round(avg(cents), 3) FROM orders JOIN customer c ON c.id = customer GROUP BY name ORDER BY name;
SELECT day, total, sum(total) OVER (ORDER BY day ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
  FROM (SELECT day, sum(cents) AS total FROM orders WHERE day LIKE '2026-02-1%' GROUP BY day);
BEGIN; DELETE FROM orders WHERE cents > 5000; SELECT 'inside', count(*) FROM orders; ROLLBACK;
SELECT 'after', count(*), min(day), max(day) FROM orders;
WITH RECURSIVE
  x(cx) AS (SELECT -2.0 UNION ALL SELECT cx + 0.1 FROM x WHERE cx < 0.9),
  y(cy) AS (SELECT -1.0 UNION ALL SELECT cy + 0.25 FROM y WHERE cy < 0.9),
  m(i, cx, cy, zx, zy) AS (
    SELECT 0, cx, cy, 0.0, 0.0 FROM x, y
    UNION ALL SELECT i + 1, cx, cy, zx * zx - zy * zy + cx, 2 * zx * zy + cy FROM m WHERE zx * zx + zy * zy < 4 AND i < 30)
  SELECT group_concat(substr(' .:-=+*#%@', 1 + n / 3, 1), '') FROM
    (SELECT max(i) AS n, cx, cy FROM m GROUP BY cy, cx ORDER BY cy, cx) GROUP BY cy;
SELECT json_group_array(json_object('name', name, 'length', length(name))) FROM customer;
CREATE VIRTUAL TABLE notes USING fts5(body);
INSERT INTO notes VALUES ('grinding wheat into flour'), ('a mill grinds'), ('nothing here');
SELECT rowid, highlight(notes, 0, '[', ']') FROM notes WHERE notes MATCH 'grind* OR mill' ORDER BY rowid;
CREATE VIRTUAL TABLE boxes USING rtree(id, x0, x1, y0, y1);
INSERT INTO boxes SELECT id, id % 100, id % 100 + 2, id / 100, id / 100 + 2 FROM orders;
SELECT count(*), min(id), max(id) FROM boxes WHERE x1 >= 10 AND x0 <= 12 AND y1 >= 5 AND y0 <= 6;
SELECT printf('%.6f %.6f %.3e', sqrt(2), ln(10), exp(50)), 9223372036854775807 + 0, 1.0 / 3, hex(zeroblob(3)), 'a' || NULL IS NULL;
SELECT integrity_check FROM pragma_integrity_check;
