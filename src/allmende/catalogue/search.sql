-- name: create
CREATE VIRTUAL TABLE entries USING fts5 (
    title, keywords, body,
    kind UNINDEXED, id UNINDEXED, language UNINDEXED, shown UNINDEXED, summary UNINDEXED,
    access UNINDEXED, datasets UNINDEXED,
    tokenize = 'trigram'
);
CREATE TABLE vocabulary (language TEXT NOT NULL, word TEXT NOT NULL, PRIMARY KEY (language, word)) WITHOUT ROWID;
CREATE TABLE synonyms (word TEXT NOT NULL, means TEXT NOT NULL, PRIMARY KEY (word, means)) WITHOUT ROWID;

-- name: insert
INSERT INTO entries (title, keywords, body, kind, id, language, shown, summary, access, datasets)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?);

-- name: find
SELECT title, keywords, body, kind, id, language, shown, summary, access, datasets
FROM entries WHERE entries MATCH ? AND language = ? ORDER BY bm25(entries, 10.0, 4.0, 1.0) LIMIT 300;

-- name: find_short
SELECT title, keywords, body, kind, id, language, shown, summary, access, datasets
FROM entries WHERE language = ? AND ' ' || title || ' ' || keywords || ' ' LIKE ? LIMIT 300;

-- name: create_misses
CREATE TABLE IF NOT EXISTS misses (word TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;

-- name: count_miss
INSERT INTO misses (word, count) VALUES (?, 1) ON CONFLICT (word) DO UPDATE SET count = count + 1;

-- name: misses
SELECT word, count FROM misses WHERE count >= ? ORDER BY count DESC, word LIMIT 100;
