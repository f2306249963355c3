CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS participants (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,     -- SHA-256 of the cookie
  method TEXT NOT NULL,
  started TEXT NOT NULL,
  active TEXT NOT NULL,
  finished TEXT
);
CREATE TABLE IF NOT EXISTS trials (
  participant INTEGER NOT NULL REFERENCES participants (id),
  number INTEGER NOT NULL,
  practice INTEGER NOT NULL,
  real TEXT NOT NULL,
  fake TEXT NOT NULL,
  fake_place INTEGER NOT NULL,
  showings INTEGER NOT NULL DEFAULT 0,
  first_ticket TEXT,            -- of the showing that is under way
  second_ticket TEXT,
  choice INTEGER,               -- which was said to be fake
  answered TEXT,
  first_ms REAL,
  second_ms REAL,
  frame_ms REAL,
  response_ms REAL,
  PRIMARY KEY (participant, number)
) WITHOUT ROWID;
-- What a participant agreed to, before anything else was stored; studies of before have none.
CREATE TABLE IF NOT EXISTS consents (
  participant INTEGER PRIMARY KEY REFERENCES participants (id),
  text TEXT NOT NULL,           -- SHA-256 of the page with the consent
  given TEXT NOT NULL
);
-- Those whom a platform sent.
CREATE TABLE IF NOT EXISTS arrivals (
  participant INTEGER PRIMARY KEY REFERENCES participants (id),
  worker TEXT NOT NULL UNIQUE,  -- keyed hashes of the platform's numbers
  assignment TEXT NOT NULL,
  code TEXT NOT NULL UNIQUE     -- shown at the end
);
