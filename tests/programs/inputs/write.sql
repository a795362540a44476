-- Writes a database file in several transactions, with its journal beside it.
CREATE TABLE word(id INTEGER PRIMARY KEY, text TEXT NOT NULL, hits INTEGER DEFAULT 0);
CREATE INDEX word_by_text ON word(text);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)
  INSERT INTO word(text) SELECT 'word-' || (i * 7919 % 3001) FROM n;
BEGIN;
UPDATE word SET hits = id * id % 97;
DELETE FROM word WHERE hits = 13;
COMMIT;
INSERT INTO word(text) VALUES ('last');
SELECT count(*), sum(hits), max(id) FROM word;
