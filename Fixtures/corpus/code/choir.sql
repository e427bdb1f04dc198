-- SPDX-License-Identifier: Apache-2.0
-- The rehearsal book of a choir: who sings what, who came, and who is due a turn at the tea urn.
PRAGMA foreign_keys = ON;

CREATE TABLE voice (
    code TEXT PRIMARY KEY CHECK (length(code) = 1),
    name TEXT NOT NULL UNIQUE
);

CREATE TABLE singer (
    id        INTEGER PRIMARY KEY,
    full_name TEXT NOT NULL,
    voice     TEXT NOT NULL REFERENCES voice (code),
    joined    TEXT NOT NULL CHECK (joined GLOB '[12][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]'),
    left_on   TEXT,
    CHECK (left_on IS NULL OR left_on >= joined)
);

CREATE TABLE rehearsal (
    held_on TEXT PRIMARY KEY,
    place   TEXT NOT NULL DEFAULT 'St Brannock''s Hall',
    urn     INTEGER REFERENCES singer (id)
);

CREATE TABLE attendance (
    held_on   TEXT NOT NULL REFERENCES rehearsal (held_on) ON DELETE CASCADE,
    singer_id INTEGER NOT NULL REFERENCES singer (id),
    minutes_late INTEGER NOT NULL DEFAULT 0 CHECK (minutes_late >= 0),
    PRIMARY KEY (held_on, singer_id)
) WITHOUT ROWID;

CREATE INDEX attendance_by_singer ON attendance (singer_id, held_on);

INSERT INTO voice (code, name) VALUES ('S', 'soprano'), ('A', 'alto'), ('T', 'tenor'), ('B', 'bass');

INSERT INTO singer (id, full_name, voice, joined, left_on) VALUES
    (1, 'Ottoline Marsh',  'S', '2016-09-06', NULL),
    (2, 'Bea Lindqvist',   'S', '2021-01-12', NULL),
    (3, 'Hamid Rostami',   'T', '2018-10-02', NULL),
    (4, 'Greta Olufsen',   'A', '2011-03-15', NULL),
    (5, 'Piers Nettleton', 'B', '2009-09-08', '2023-12-19'),
    (6, 'Tomasz Wilk',     'B', '2022-02-01', NULL);

INSERT INTO rehearsal (held_on, urn) VALUES
    ('2024-01-09', 4), ('2024-01-16', 1), ('2024-01-23', 6), ('2024-01-30', NULL);

INSERT INTO attendance (held_on, singer_id, minutes_late) VALUES
    ('2024-01-09', 1, 0), ('2024-01-09', 3, 12), ('2024-01-09', 4, 0), ('2024-01-09', 6, 0),
    ('2024-01-16', 1, 0), ('2024-01-16', 2, 5),  ('2024-01-16', 4, 0),
    ('2024-01-23', 2, 0), ('2024-01-23', 3, 20), ('2024-01-23', 4, 0), ('2024-01-23', 6, 3),
    ('2024-01-30', 1, 0), ('2024-01-30', 2, 0),  ('2024-01-30', 3, 0), ('2024-01-30', 4, 0);

CREATE VIEW current_singer AS
    SELECT id, full_name, voice, joined FROM singer WHERE left_on IS NULL;

-- How many voices of each kind there were at every rehearsal, empty sections included.
SELECT r.held_on, v.name, count(s.id) AS present
FROM rehearsal AS r
CROSS JOIN voice AS v
LEFT JOIN attendance AS a ON a.held_on = r.held_on
LEFT JOIN singer AS s ON s.id = a.singer_id AND s.voice = v.code
GROUP BY r.held_on, v.code
ORDER BY r.held_on, instr('SATB', v.code);

-- Share of rehearsals attended, and average lateness when present.
SELECT c.full_name,
       round(100.0 * count(a.held_on) / (SELECT count(*) FROM rehearsal), 1) AS percent,
       coalesce(round(avg(a.minutes_late), 1), '-') AS late
FROM current_singer AS c
LEFT JOIN attendance AS a ON a.singer_id = c.id
GROUP BY c.id
ORDER BY percent DESC, c.full_name;

-- The next one at the urn: whoever has gone longest without it, newcomers after a month's grace.
WITH last_turn AS (
    SELECT urn AS singer_id, max(held_on) AS held_on
    FROM rehearsal
    WHERE urn IS NOT NULL
    GROUP BY urn
)
SELECT c.full_name, t.held_on AS last_time
FROM current_singer AS c
LEFT JOIN last_turn AS t ON t.singer_id = c.id
WHERE date(c.joined, '+1 month') <= '2024-01-30'
ORDER BY t.held_on IS NOT NULL, t.held_on, c.joined
LIMIT 3;

-- The longest run of rehearsals without a gap, by singer.
WITH numbered AS (
    SELECT held_on, row_number() OVER (ORDER BY held_on) AS n FROM rehearsal
),
islands AS (
    SELECT a.singer_id,
           n.n - row_number() OVER (PARTITION BY a.singer_id ORDER BY n.n) AS island
    FROM attendance AS a
    JOIN numbered AS n USING (held_on)
),
runs AS (
    SELECT singer_id, count(*) AS length FROM islands GROUP BY singer_id, island
)
SELECT s.full_name, max(r.length) AS longest_run
FROM runs AS r
JOIN singer AS s ON s.id = r.singer_id
GROUP BY s.id
ORDER BY longest_run DESC, s.full_name;
