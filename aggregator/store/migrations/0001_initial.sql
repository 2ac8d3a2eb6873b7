-- Source tables first (the truth), derived tables after them (a pure function of the source
-- tables and the statistics epoch). Times are TEXT, RFC 3339 UTC with Z, or YYYY-MM-DD where only
-- the day is known. JSON columns hold UTF-8 JSON. No surrogate id orders anything a user sees.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- ---- the configuration as last loaded; flows one way, from sources.yaml -------------------

CREATE TABLE platform (
    id         TEXT PRIMARY KEY,
    position   INTEGER NOT NULL,           -- order in sources.yaml
    name       TEXT NOT NULL,
    short_name TEXT NOT NULL,
    level      TEXT NOT NULL,
    url        TEXT NOT NULL,
    definition TEXT NOT NULL               -- JSON: operator, former, licence, access
) STRICT, WITHOUT ROWID;

CREATE TABLE source (
    id         TEXT PRIMARY KEY,
    platform   TEXT NOT NULL,
    position   INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    url        TEXT,
    enabled    INTEGER NOT NULL,
    definition TEXT NOT NULL               -- JSON of the whole entry
) STRICT, WITHOUT ROWID;
CREATE INDEX source_platform ON source (platform);  -- platform page

-- ---- the state of sources and hosts ------------------------------------------------------

CREATE TABLE source_state (
    source          TEXT PRIMARY KEY,
    state           TEXT NOT NULL DEFAULT 'not_due',
    reason          TEXT,
    message         TEXT,                  -- for the admin, German
    next_at         TEXT,                  -- NULL: due now
    last_run_at     TEXT,
    last_success_at TEXT,
    failures        REAL NOT NULL DEFAULT 0,   -- hard +1, soft +0.5, temporary +0.25
    paused          INTEGER NOT NULL DEFAULT 0,
    settled_at      TEXT,                  -- end of the first complete pass; NULL: it still goes on
    lease_by        TEXT,
    lease_until     TEXT
) STRICT, WITHOUT ROWID;

-- Where the address of a source leads for good, as its own redirects (301, 308) say.
CREATE TABLE move (
    source        TEXT PRIMARY KEY,
    url           TEXT NOT NULL,           -- as in sources.yaml
    target        TEXT NOT NULL,           -- where it leads
    since         TEXT NOT NULL,           -- first of an unbroken row of the same answer
    last_at       TEXT NOT NULL,
    times         INTEGER NOT NULL,
    state         TEXT NOT NULL,           -- watched learnt foreign forgotten
    failing_since TEXT,                    -- first failure of an unbroken row at the learnt address
    told          INTEGER NOT NULL DEFAULT 0   -- 1: a run has told the admin of this state
) STRICT, WITHOUT ROWID;

-- Written twice with every request, so its rows are small: what is long stands in `host_file`.
CREATE TABLE host (
    name        TEXT PRIMARY KEY,          -- host or host:port, lower case
    next_at     TEXT,                      -- earliest next request
    lease_by    TEXT,                      -- one request at a time
    lease_until TEXT,
    crawl_delay REAL,                      -- seconds, from robots.txt
    robots_at   TEXT,
    robots_status INTEGER,
    tdmrep_at   TEXT,
    tdmrep_status INTEGER,
    cookies     TEXT                       -- JSON: [{name, value, path, secure}]
) STRICT, WITHOUT ROWID;

-- What a host says at its well-known places.
CREATE TABLE host_file (
    host TEXT NOT NULL,
    file TEXT NOT NULL,                    -- robots tdmrep
    body TEXT NOT NULL,
    PRIMARY KEY (host, file)
) STRICT, WITHOUT ROWID;

-- Every address of a source: to be fetched, or fetched and to be revisited.
CREATE TABLE frontier (
    source        TEXT NOT NULL,
    url           TEXT NOT NULL,           -- as it is requested
    canonical     TEXT NOT NULL,
    role          TEXT NOT NULL,           -- root index detail document
    reason        TEXT NOT NULL,           -- new changed dropped revisit root
    due_at        TEXT NOT NULL,
    pending       INTEGER NOT NULL,        -- 1: counts as `pending`
    attempts      INTEGER NOT NULL DEFAULT 0,
    lastmod       TEXT,                    -- as its enumeration said
    etag          TEXT,
    last_modified TEXT,
    body_sha256   TEXT,
    status        INTEGER,                 -- last answer
    fetched_at    TEXT,
    missing_since TEXT,                    -- first 404/410 of an unbroken row of them
    visits        INTEGER NOT NULL DEFAULT 0,  -- unchanged visits in a row: the revisit ladder
    complete      INTEGER NOT NULL DEFAULT 0,  -- an index page: it said that it saw everything
    chained       INTEGER NOT NULL DEFAULT 0,  -- an index page: read when the one before had news
    turn          INTEGER NOT NULL GENERATED ALWAYS AS (CASE  -- whose turn comes first
        WHEN role = 'root' THEN 0 WHEN role = 'index' THEN 1 WHEN reason = 'dropped' THEN 2
        WHEN reason = 'revisit' THEN 4 ELSE 3 END) VIRTUAL,
    PRIMARY KEY (source, canonical)
) STRICT, WITHOUT ROWID;
CREATE INDEX frontier_turn ON frontier (source, turn, due_at, canonical);       -- the next address
CREATE INDEX frontier_pending ON frontier (source, due_at) WHERE pending = 1;   -- `pending`
CREATE INDEX frontier_missing ON frontier (source) WHERE missing_since IS NOT NULL;  -- how many at once

-- What each enumerating document named when it was last read: the basis of "vanished".
CREATE TABLE listed (
    source    TEXT NOT NULL,
    document  TEXT NOT NULL,               -- canonical address of the enumerating document
    canonical TEXT NOT NULL,               -- what it named
    PRIMARY KEY (source, document, canonical)
) STRICT, WITHOUT ROWID;
CREATE INDEX listed_canonical ON listed (source, canonical);            -- is it still named

-- ---- items -------------------------------------------------------------------------------

CREATE TABLE item (
    pk              INTEGER PRIMARY KEY,
    id              TEXT NOT NULL UNIQUE,  -- 12 characters a-z2-7, from the key at first sight
    platform        TEXT NOT NULL,
    key             TEXT NOT NULL,
    source          TEXT NOT NULL,         -- the first
    entry_id        TEXT,
    url             TEXT NOT NULL,
    title           TEXT NOT NULL,
    kind            TEXT NOT NULL,
    published_at    TEXT,
    date_evidence   TEXT NOT NULL,
    updated_at      TEXT,
    first_seen_at   TEXT NOT NULL,
    last_changed_at TEXT NOT NULL,
    last_seen_at    TEXT NOT NULL,
    sort_at         TEXT NOT NULL,         -- published_at (a day as noon in Berlin), else last_changed_at
    language        TEXT NOT NULL,
    authors         TEXT NOT NULL,         -- JSON list
    state           TEXT NOT NULL,
    licence         TEXT NOT NULL,
    policy          TEXT NOT NULL,
    text            TEXT NOT NULL,         -- '' unless policy is full
    excerpt         TEXT NOT NULL,
    links           TEXT NOT NULL,         -- JSON list of {url, anchor, sentence, position, prose}
    parts           TEXT NOT NULL,         -- JSON list of {role, text, label, at}
    identifiers     TEXT NOT NULL,         -- JSON list, as written
    digest          TEXT,                  -- JSON, where the text may not be stored
    content_hash    TEXT NOT NULL,
    content_rank    INTEGER NOT NULL,      -- of the observation that text and links come from
    changed_by      TEXT NOT NULL,         -- "source role" of the observation that changed it last
    parent          TEXT,
    answer_to       TEXT,
    merged_into     INTEGER REFERENCES item (pk),
    UNIQUE (platform, key)
) STRICT;
CREATE INDEX item_sort ON item (sort_at DESC, id) WHERE merged_into IS NULL AND state <> 'hidden';              -- newest first
CREATE INDEX item_platform ON item (platform, sort_at DESC, id) WHERE merged_into IS NULL AND state <> 'hidden'; -- platform page
CREATE INDEX item_source ON item (source, published_at DESC) WHERE published_at IS NOT NULL AND merged_into IS NULL; -- its rhythm
CREATE INDEX item_merged ON item (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX item_title ON item (title) WHERE merged_into IS NULL AND state = 'live';     -- the same under another address
CREATE INDEX item_entry ON item (source, entry_id) WHERE entry_id IS NOT NULL;            -- source:entry_id
CREATE INDEX item_parent ON item (platform, parent) WHERE parent IS NOT NULL;             -- what stands below it

-- Every address under which an item was seen.
CREATE TABLE alias (
    platform  TEXT NOT NULL,
    canonical TEXT NOT NULL,
    link_key  TEXT NOT NULL,               -- former hosts and tenants made equal
    url       TEXT NOT NULL,               -- as seen
    item      INTEGER NOT NULL REFERENCES item (pk),
    PRIMARY KEY (platform, canonical)
) STRICT, WITHOUT ROWID;
CREATE INDEX alias_canonical ON alias (canonical);  -- resolving links, lookup by address
CREATE INDEX alias_link_key ON alias (link_key);
CREATE INDEX alias_item ON alias (item);

-- What each source said of an item, by role: an item is a pure merge of its observations.
CREATE TABLE observation (
    item          INTEGER NOT NULL REFERENCES item (pk),
    source        TEXT NOT NULL,
    role          TEXT NOT NULL,
    rank          INTEGER NOT NULL,
    entry_id      TEXT,
    fields        TEXT NOT NULL,           -- JSON: title, kind, published, updated_at, ...
    content_hash  TEXT NOT NULL,
    first_seen_at TEXT NOT NULL,
    last_seen_at  TEXT NOT NULL,
    PRIMARY KEY (item, source, role)
) STRICT, WITHOUT ROWID;

-- States that were superseded; the current one is the item itself.
CREATE TABLE version (
    item         INTEGER NOT NULL REFERENCES item (pk),
    n            INTEGER NOT NULL,         -- 1 is the first state
    from_at      TEXT NOT NULL,            -- since when it was current
    until_at     TEXT NOT NULL,
    title        TEXT NOT NULL,
    published_at TEXT,
    text         BLOB,                     -- hash in version_text; NULL: none, or not allowed
    links        BLOB,                     -- the same: addresses of its links, one a line
    content_hash TEXT NOT NULL,
    PRIMARY KEY (item, n)
) STRICT, WITHOUT ROWID;
CREATE INDEX version_until ON version (until_at DESC);  -- the change log, newest first

-- Each text that the versions of an item have, once.
CREATE TABLE version_text (
    id     INTEGER PRIMARY KEY,            -- later ones are greater
    item   INTEGER NOT NULL REFERENCES item (pk),
    hash   BLOB NOT NULL,                  -- first half of SHA-256
    base   BLOB,                           -- hash of the text that it is compressed against
    packed BLOB NOT NULL,                  -- zlib
    UNIQUE (item, hash)
) STRICT;

CREATE TABLE decision (
    seq         INTEGER PRIMARY KEY,
    kind        TEXT NOT NULL,             -- hide same not_same related not_related topic title
    platform    TEXT NOT NULL,
    key         TEXT NOT NULL,
    url         TEXT,
    object      TEXT NOT NULL DEFAULT '',  -- JSON: {platform, key, url}, or a topic
    value       TEXT NOT NULL,             -- JSON
    by_name     TEXT NOT NULL,
    role        TEXT NOT NULL DEFAULT 'admin',
    at          TEXT NOT NULL,
    why         TEXT NOT NULL DEFAULT '',
    judged_hash TEXT,
    judged      TEXT NOT NULL DEFAULT '{}',  -- JSON: {title, shingles, passage, keys} as judged
    UNIQUE (kind, platform, key, object, at, by_name)
) STRICT;
CREATE INDEX decision_subject ON decision (platform, key);

CREATE TABLE tombstone (
    platform TEXT NOT NULL,
    key      TEXT NOT NULL,
    at       TEXT NOT NULL,
    reason   TEXT NOT NULL,
    PRIMARY KEY (platform, key)
) STRICT, WITHOUT ROWID;

-- How the document of a source looked when it was believed: what is usual is learnt from it.
CREATE TABLE reading (
    source  TEXT NOT NULL,
    at      TEXT NOT NULL,
    entries INTEGER NOT NULL,
    titled  INTEGER NOT NULL,              -- entries with a title, a date, a text
    dated   INTEGER NOT NULL,
    texted  INTEGER NOT NULL,
    PRIMARY KEY (source, at)
) STRICT, WITHOUT ROWID;

-- What a person took for the new normal of a suspect source.
CREATE TABLE acceptance (
    source  TEXT NOT NULL,
    at      TEXT NOT NULL,
    by_name TEXT NOT NULL,
    reason  TEXT NOT NULL,                 -- why the source was suspect
    message TEXT NOT NULL,
    used_at TEXT,                          -- the run that was believed; NULL: it is still to come
    PRIMARY KEY (source, at)
) STRICT, WITHOUT ROWID;

-- Answers that were not believed, the latest of each source.
CREATE TABLE snapshot (
    source    TEXT NOT NULL,
    n         INTEGER NOT NULL,
    run       INTEGER NOT NULL,
    at        TEXT NOT NULL,
    reason    TEXT NOT NULL,
    url       TEXT NOT NULL,
    final_url TEXT NOT NULL,
    status    INTEGER NOT NULL,
    headers   TEXT NOT NULL,               -- JSON, cookies left out
    size      INTEGER NOT NULL,            -- bytes of the whole body
    packed    BLOB,                        -- zlib, the beginning of the body; NULL: not allowed
    PRIMARY KEY (source, n)
) STRICT;

-- Outside addresses that items link to, and whether they are there.
CREATE TABLE outside (
    canonical     TEXT PRIMARY KEY,
    url           TEXT NOT NULL,           -- as it is requested
    host          TEXT NOT NULL,
    state         TEXT NOT NULL DEFAULT 'unknown',  -- alive moved dead unknown
    status        INTEGER,                 -- last answer; NULL: none
    moved_to      TEXT,
    missing_since TEXT,                    -- first 404/410 of an unbroken row of them
    checked_at    TEXT,
    due_at        TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX outside_due ON outside (due_at);
CREATE INDEX outside_host ON outside (host, checked_at);

-- ---- accounts: who may sign in, who is signed in, what people did --------------------------

CREATE TABLE account (
    name        TEXT PRIMARY KEY,          -- lower case
    role        TEXT NOT NULL CHECK (role IN ('reader', 'moderator', 'admin')),
    password    TEXT,                      -- argon2id; NULL: signs in elsewhere
    subject     TEXT UNIQUE,               -- issuer and subject of the sign-in service; NULL: none
    must_change INTEGER NOT NULL DEFAULT 0,    -- 1: the password was given by another person
    locked      INTEGER NOT NULL DEFAULT 0,
    created_at  TEXT NOT NULL,
    seen_at     TEXT,                      -- end of the latest visit: signed in, out, or told so
    since_at    TEXT                       -- end of the visit before: "new since" counts from here
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
    token      TEXT PRIMARY KEY,           -- SHA-256 of what the cookie holds
    account    TEXT NOT NULL REFERENCES account (name) ON DELETE CASCADE,
    began_at   TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_account ON session (account);  -- all of them end with a password

-- What readers report: a barrier, a mistake. Looked at by admins, and forgotten by age.
CREATE TABLE feedback (
    id      INTEGER PRIMARY KEY,
    at      TEXT NOT NULL,
    page    TEXT NOT NULL,                 -- address within the site
    text    TEXT NOT NULL,
    contact TEXT NOT NULL,                 -- as the reader wishes to be answered; '': not at all
    done_at TEXT
) STRICT;

-- Attempts that did not succeed, by what they came from or aimed at; gone after a day.
CREATE TABLE attempt (
    about    TEXT PRIMARY KEY,             -- account:NAME, origin:HASH, ...
    failures INTEGER NOT NULL,             -- in a row
    last_at  TEXT NOT NULL,
    until_at TEXT                          -- refused until then
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    id      INTEGER PRIMARY KEY,
    at      TEXT NOT NULL,
    by_name TEXT NOT NULL,
    action  TEXT NOT NULL,                 -- sign_in sign_out user_add decision ...
    object  TEXT NOT NULL DEFAULT '',      -- what was acted on
    detail  TEXT NOT NULL DEFAULT ''       -- JSON
) STRICT;
CREATE INDEX audit_at ON audit (at);

-- ---- runs --------------------------------------------------------------------------------

CREATE TABLE run (
    id         INTEGER PRIMARY KEY,
    source     TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ended_at   TEXT,
    trigger    TEXT NOT NULL,              -- refresh schedule import demo
    state      TEXT,
    reason     TEXT,
    message    TEXT,
    new        INTEGER NOT NULL DEFAULT 0,
    changed    INTEGER NOT NULL DEFAULT 0,
    unchanged  INTEGER NOT NULL DEFAULT 0,
    vanished   INTEGER NOT NULL DEFAULT 0,
    rejected   INTEGER NOT NULL DEFAULT 0,
    pending    INTEGER NOT NULL DEFAULT 0,
    requests   INTEGER NOT NULL DEFAULT 0,
    not_modified INTEGER NOT NULL DEFAULT 0,
    bytes      INTEGER NOT NULL DEFAULT 0,
    wall_ms    INTEGER NOT NULL DEFAULT 0,
    problems   TEXT NOT NULL DEFAULT '[]'  -- JSON list of {code, message, where}
) STRICT;
CREATE INDEX run_source ON run (source, started_at);

CREATE TABLE request (
    id     INTEGER PRIMARY KEY,
    run    INTEGER REFERENCES run (id) ON DELETE SET NULL,  -- NULL: a probe, or its run is forgotten
    at     TEXT NOT NULL,
    host   TEXT NOT NULL,
    url    TEXT NOT NULL,
    status INTEGER,                        -- NULL: no answer
    code   TEXT,                           -- our word for what went wrong
    bytes  INTEGER NOT NULL,
    ms     INTEGER NOT NULL,
    waited_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX request_run ON request (run);
CREATE INDEX request_host ON request (host, at);

-- What was asked of each host on each day (UTC); outlives the requests themselves.
CREATE TABLE host_day (
    host         TEXT NOT NULL,
    day          TEXT NOT NULL,            -- YYYY-MM-DD
    requests     INTEGER NOT NULL,
    not_modified INTEGER NOT NULL,         -- answered with 304
    failed       INTEGER NOT NULL,         -- no answer, or 4xx and 5xx
    bytes        INTEGER NOT NULL,
    ms           INTEGER NOT NULL,         -- of all requests together
    waited_ms    INTEGER NOT NULL,         -- until it was our turn, all together
    PRIMARY KEY (host, day)
) STRICT, WITHOUT ROWID;

-- ---- administration ----------------------------------------------------------------------

-- What admins are told by mail, as long as it lasts.
CREATE TABLE alert (
    key       TEXT PRIMARY KEY,            -- what it is about: source:ID, disk, backup
    since     TEXT NOT NULL,
    told      TEXT NOT NULL,               -- German
    remedy    TEXT NOT NULL,
    mailed_at TEXT                         -- NULL: nobody was told yet
) STRICT, WITHOUT ROWID;

-- Earlier states of the files of the source list, as editors in the browser left and found them.
CREATE TABLE list_version (
    file    TEXT NOT NULL,                 -- sources.yaml, or sources.d/NAME.yaml
    n       INTEGER NOT NULL,
    at      TEXT NOT NULL,
    by_name TEXT NOT NULL,                 -- "" for a state that was made elsewhere
    why     TEXT NOT NULL,
    sha256  TEXT NOT NULL,
    packed  BLOB NOT NULL,                 -- zlib
    PRIMARY KEY (file, n)
) STRICT;

-- Searches whose news somebody wants by mail; only a confirmed address gets any.
CREATE TABLE saved_search (
    id           INTEGER PRIMARY KEY,
    account      TEXT NOT NULL REFERENCES account (name) ON DELETE CASCADE,
    query        TEXT NOT NULL,            -- query string of /search, in its one form
    title        TEXT NOT NULL,            -- as people read it
    mail         TEXT NOT NULL,
    every_days   INTEGER NOT NULL,         -- 1 daily, 7 weekly
    token        TEXT NOT NULL UNIQUE,     -- in the addresses of its letters
    created_at   TEXT NOT NULL,
    asked_at     TEXT,                     -- when the letter left that asks to confirm
    confirmed_at TEXT,
    looked_at    TEXT,                     -- when news were looked for last
    news_from    TEXT                      -- news are what we first saw after it
) STRICT;
CREATE INDEX saved_search_account ON saved_search (account);

-- What moderators said to what the machine proposed, also where that changed nothing.
CREATE TABLE review (
    id      INTEGER PRIMARY KEY,
    queue   TEXT NOT NULL,                 -- related same topic
    item    TEXT NOT NULL,                 -- id
    object  TEXT NOT NULL,                 -- id of the other item, or a topic
    verdict TEXT NOT NULL,                 -- yes no skip
    control INTEGER NOT NULL,              -- 1: a sample of what the machine had accepted by itself
    decided TEXT NOT NULL,                 -- JSON: the key of the decision; "" where there is none
    at      TEXT NOT NULL,
    by_name TEXT NOT NULL
) STRICT;
CREATE INDEX review_object ON review (queue, item, object);

-- ---- the queue between truth and derivation ----------------------------------------------

-- One row for each item to be derived anew; written in the item's transaction.
CREATE TABLE changes (
    item INTEGER PRIMARY KEY,
    what TEXT NOT NULL,                    -- 'item' (everything), 'link' (it is searchable, what
                                           -- links it to others is left), 'relate' (its list only)
    seq  INTEGER NOT NULL                  -- grows with every enqueue: tells a change from a later one
) STRICT;
CREATE INDEX changes_what ON changes (what, seq);

CREATE TABLE lease (
    name  TEXT PRIMARY KEY,                -- derive
    by    TEXT NOT NULL,
    until TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- ---- derived: statistics epochs and generations ------------------------------------------

-- Everything corpus-wide, frozen; rows of an epoch never change once it is complete.
CREATE TABLE epoch (
    n        INTEGER PRIMARY KEY,
    analysis TEXT NOT NULL,                -- version of the analysis, the vocabulary, the platforms
    taken_at TEXT NOT NULL,
    items    INTEGER NOT NULL,             -- items counted
    seq      INTEGER NOT NULL DEFAULT 0,   -- until its build is through: the changes that it saw
    state    TEXT NOT NULL,                -- taking worded counted complete (what follows is known)
    scores   INTEGER,                      -- per mille by which related scores are multiplied
    candidates INTEGER                     -- partial cosine per 10,000 from which a pair is scored
) STRICT;

CREATE TABLE epoch_word (                  -- the splitter's corpus, and what is suggested for typos
    epoch   INTEGER NOT NULL,
    word    TEXT NOT NULL,                 -- folded
    surface TEXT NOT NULL,                 -- its most frequent spelling, lower case
    count   INTEGER NOT NULL,
    PRIMARY KEY (epoch, word)
) STRICT, WITHOUT ROWID;

CREATE TABLE epoch_term (                  -- terms of at least two items: stems, references
    epoch INTEGER NOT NULL,
    term  TEXT NOT NULL,
    id    INTEGER NOT NULL,                -- rank by term within the epoch, from 1
    items INTEGER NOT NULL,                -- document frequency
    capital INTEGER NOT NULL,              -- per mille of these that write it with a capital
    PRIMARY KEY (epoch, term)
) STRICT, WITHOUT ROWID;

CREATE TABLE epoch_shingle (               -- too frequent to tell anything
    epoch INTEGER NOT NULL,
    hash  INTEGER NOT NULL,
    PRIMARY KEY (epoch, hash)
) STRICT, WITHOUT ROWID;

-- Models of topics, learnt when the epoch was taken; axis '' says from what, once they are learnt.
CREATE TABLE epoch_model (
    epoch INTEGER NOT NULL,
    axis  TEXT NOT NULL,
    body  BLOB NOT NULL,                   -- zlib of JSON
    PRIMARY KEY (epoch, axis)
) STRICT;

-- The shadow generation while it is built; a killed build goes on at its cursor.
CREATE TABLE build (
    generation TEXT PRIMARY KEY,
    epoch      INTEGER NOT NULL,
    seq        INTEGER NOT NULL,           -- changes up to this one are covered by the build
    stage      TEXT NOT NULL,              -- clear describe relate ready
    cursor     INTEGER NOT NULL            -- last item done in this stage
) STRICT, WITHOUT ROWID;

-- ---- derived, generation a ---------------------------------------------------------------

-- What is searched of an item; in the order of items, so that new rows go to the end of the file.
CREATE TABLE indexed_a (
    item  INTEGER PRIMARY KEY,
    title TEXT NOT NULL,                   -- normalised: stems
    heads TEXT NOT NULL,                   -- parts of compounds in the title
    body  TEXT NOT NULL,                   -- stems
    parts TEXT NOT NULL,                   -- of compounds
    refs  TEXT NOT NULL                    -- exact terms
) STRICT;

CREATE VIRTUAL TABLE search_a USING fts5 (  -- holds no text of its own
    title, heads, body, parts, refs, content = 'searched_a', content_rowid = 'row',
    tokenize = "unicode61 remove_diacritics 0 tokenchars '_'"
);
INSERT INTO search_a (search_a, rank) VALUES ('automerge', 8);

-- What hits are filtered and counted by; `row` is the rowid of search_a.
CREATE TABLE entry_a (
    row      INTEGER PRIMARY KEY,          -- day << 26 | hash of platform and key: newest last
    item     INTEGER NOT NULL UNIQUE,
    bits     INTEGER NOT NULL,             -- platform, kind and topics by facet_value, packed
    id       TEXT NOT NULL,
    platform TEXT NOT NULL,
    source   TEXT NOT NULL,
    kind     TEXT NOT NULL,
    sort_at  TEXT NOT NULL,
    topics   TEXT NOT NULL                 -- with a blank before and after each
) STRICT;

CREATE TABLE facet_value_a (             -- numbers of this generation for values of filters
    facet TEXT NOT NULL,                   -- platform kind topic
    value TEXT NOT NULL,
    n     INTEGER NOT NULL,
    PRIMARY KEY (facet, value)
) STRICT, WITHOUT ROWID;

CREATE VIEW searched_a AS SELECT e.row, x.title, x.heads, x.body, x.parts, x.refs
    FROM entry_a e JOIN indexed_a x ON x.item = e.item;

CREATE TABLE fresh_a (                   -- words that the epoch does not know, for suggestions
    word    TEXT NOT NULL,                 -- folded
    item    INTEGER NOT NULL,
    surface TEXT NOT NULL,                 -- lower case
    PRIMARY KEY (word, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX fresh_a_item ON fresh_a (item);

CREATE TABLE reference_a (
    item     INTEGER NOT NULL,
    position INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    key      TEXT NOT NULL,
    text     TEXT NOT NULL,
    start    INTEGER NOT NULL,             -- code points into title + newline + text; -1: unknown
    end      INTEGER NOT NULL,
    sentence TEXT NOT NULL,
    PRIMARY KEY (item, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX reference_a_key ON reference_a (kind, key, item);

CREATE TABLE identifier_a (              -- the numbers under which others cite an item
    item INTEGER NOT NULL,
    kind TEXT NOT NULL,
    key  TEXT NOT NULL,
    PRIMARY KEY (item, kind, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX identifier_a_key ON identifier_a (kind, key, item);

CREATE TABLE link_a (
    item      INTEGER NOT NULL,
    position  INTEGER NOT NULL,
    url       TEXT NOT NULL,
    canonical TEXT NOT NULL,
    link_key  TEXT NOT NULL,
    anchor    TEXT NOT NULL,
    sentence  TEXT NOT NULL,
    prose     INTEGER NOT NULL,
    target    INTEGER,                     -- item; NULL: not in the index (yet)
    PRIMARY KEY (item, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX link_a_target ON link_a (target, item) WHERE target IS NOT NULL;
CREATE INDEX link_a_canonical ON link_a (canonical);
CREATE INDEX link_a_link_key ON link_a (link_key);

CREATE TABLE sketch_a (                  -- sampled hashes of three-word sequences
    hash INTEGER NOT NULL,
    item INTEGER NOT NULL,
    PRIMARY KEY (hash, item)
) STRICT, WITHOUT ROWID;

CREATE TABLE same_a (                    -- both directions
    item       INTEGER NOT NULL,
    other      INTEGER NOT NULL,
    similarity INTEGER NOT NULL,           -- containment of the shorter text, per mille
    relation   TEXT NOT NULL,              -- what `other` is to `item`: copy excerpt extended overlap
    differs    TEXT NOT NULL,              -- JSON list
    PRIMARY KEY (item, other)
) STRICT, WITHOUT ROWID;
CREATE INDEX same_a_copy ON same_a (item, other) WHERE relation = 'copy';

-- What an item is compared by: kept so that an edited or deleted item can be taken out again.
CREATE TABLE vector_a (
    item     INTEGER PRIMARY KEY,
    platform TEXT NOT NULL,
    rank     TEXT NOT NULL,                -- order among equal scores: by content, smallest first
    posted   INTEGER NOT NULL,             -- how many of the terms, from the first, have postings
    terms    BLOB NOT NULL,                -- uint32 term ids
    weights  BLOB NOT NULL,                -- uint16, of a vector of length 2**15
    surface  TEXT NOT NULL,                -- tab-separated, as written, in the same order
    sketch   BLOB NOT NULL                 -- int64, the hashes of sketch_a
) STRICT;

CREATE TABLE posting_a (
    term   INTEGER NOT NULL,
    item   INTEGER NOT NULL,
    weight INTEGER NOT NULL,
    PRIMARY KEY (term, item)
) STRICT, WITHOUT ROWID;

CREATE TABLE related_a (                 -- the best of each item: ten of its own platform, ten away
    item  INTEGER NOT NULL,
    other INTEGER NOT NULL,
    score INTEGER NOT NULL,                -- cosine, per 10,000
    away  INTEGER NOT NULL,                -- 1: another platform
    ruled INTEGER NOT NULL,                -- 1: a person put them together
    PRIMARY KEY (item, other)
) STRICT, WITHOUT ROWID;
CREATE INDEX related_a_other ON related_a (other);

CREATE TABLE topic_a (
    item       INTEGER NOT NULL,
    topic      TEXT NOT NULL,
    source     TEXT NOT NULL,              -- rule model human
    confidence INTEGER NOT NULL,           -- per mille
    auto       INTEGER NOT NULL,
    evidence   TEXT NOT NULL,              -- the words that decided
    PRIMARY KEY (item, topic)
) STRICT, WITHOUT ROWID;
CREATE INDEX topic_a_topic ON topic_a (topic, item);

-- ---- derived, generation b ---------------------------------------------------------------

-- What is searched of an item; in the order of items, so that new rows go to the end of the file.
CREATE TABLE indexed_b (
    item  INTEGER PRIMARY KEY,
    title TEXT NOT NULL,                   -- normalised: stems
    heads TEXT NOT NULL,                   -- parts of compounds in the title
    body  TEXT NOT NULL,                   -- stems
    parts TEXT NOT NULL,                   -- of compounds
    refs  TEXT NOT NULL                    -- exact terms
) STRICT;

CREATE VIRTUAL TABLE search_b USING fts5 (  -- holds no text of its own
    title, heads, body, parts, refs, content = 'searched_b', content_rowid = 'row',
    tokenize = "unicode61 remove_diacritics 0 tokenchars '_'"
);
INSERT INTO search_b (search_b, rank) VALUES ('automerge', 8);

-- What hits are filtered and counted by; `row` is the rowid of search_b.
CREATE TABLE entry_b (
    row      INTEGER PRIMARY KEY,          -- day << 26 | hash of platform and key: newest last
    item     INTEGER NOT NULL UNIQUE,
    bits     INTEGER NOT NULL,             -- platform, kind and topics by facet_value, packed
    id       TEXT NOT NULL,
    platform TEXT NOT NULL,
    source   TEXT NOT NULL,
    kind     TEXT NOT NULL,
    sort_at  TEXT NOT NULL,
    topics   TEXT NOT NULL                 -- with a blank before and after each
) STRICT;

CREATE TABLE facet_value_b (             -- numbers of this generation for values of filters
    facet TEXT NOT NULL,                   -- platform kind topic
    value TEXT NOT NULL,
    n     INTEGER NOT NULL,
    PRIMARY KEY (facet, value)
) STRICT, WITHOUT ROWID;

CREATE VIEW searched_b AS SELECT e.row, x.title, x.heads, x.body, x.parts, x.refs
    FROM entry_b e JOIN indexed_b x ON x.item = e.item;

CREATE TABLE fresh_b (                   -- words that the epoch does not know, for suggestions
    word    TEXT NOT NULL,                 -- folded
    item    INTEGER NOT NULL,
    surface TEXT NOT NULL,                 -- lower case
    PRIMARY KEY (word, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX fresh_b_item ON fresh_b (item);

CREATE TABLE reference_b (
    item     INTEGER NOT NULL,
    position INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    key      TEXT NOT NULL,
    text     TEXT NOT NULL,
    start    INTEGER NOT NULL,             -- code points into title + newline + text; -1: unknown
    end      INTEGER NOT NULL,
    sentence TEXT NOT NULL,
    PRIMARY KEY (item, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX reference_b_key ON reference_b (kind, key, item);

CREATE TABLE identifier_b (              -- the numbers under which others cite an item
    item INTEGER NOT NULL,
    kind TEXT NOT NULL,
    key  TEXT NOT NULL,
    PRIMARY KEY (item, kind, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX identifier_b_key ON identifier_b (kind, key, item);

CREATE TABLE link_b (
    item      INTEGER NOT NULL,
    position  INTEGER NOT NULL,
    url       TEXT NOT NULL,
    canonical TEXT NOT NULL,
    link_key  TEXT NOT NULL,
    anchor    TEXT NOT NULL,
    sentence  TEXT NOT NULL,
    prose     INTEGER NOT NULL,
    target    INTEGER,                     -- item; NULL: not in the index (yet)
    PRIMARY KEY (item, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX link_b_target ON link_b (target, item) WHERE target IS NOT NULL;
CREATE INDEX link_b_canonical ON link_b (canonical);
CREATE INDEX link_b_link_key ON link_b (link_key);

CREATE TABLE sketch_b (                  -- sampled hashes of three-word sequences
    hash INTEGER NOT NULL,
    item INTEGER NOT NULL,
    PRIMARY KEY (hash, item)
) STRICT, WITHOUT ROWID;

CREATE TABLE same_b (                    -- both directions
    item       INTEGER NOT NULL,
    other      INTEGER NOT NULL,
    similarity INTEGER NOT NULL,           -- containment of the shorter text, per mille
    relation   TEXT NOT NULL,              -- what `other` is to `item`: copy excerpt extended overlap
    differs    TEXT NOT NULL,              -- JSON list
    PRIMARY KEY (item, other)
) STRICT, WITHOUT ROWID;
CREATE INDEX same_b_copy ON same_b (item, other) WHERE relation = 'copy';

-- What an item is compared by: kept so that an edited or deleted item can be taken out again.
CREATE TABLE vector_b (
    item     INTEGER PRIMARY KEY,
    platform TEXT NOT NULL,
    rank     TEXT NOT NULL,                -- order among equal scores: by content, smallest first
    posted   INTEGER NOT NULL,             -- how many of the terms, from the first, have postings
    terms    BLOB NOT NULL,                -- uint32 term ids
    weights  BLOB NOT NULL,                -- uint16, of a vector of length 2**15
    surface  TEXT NOT NULL,                -- tab-separated, as written, in the same order
    sketch   BLOB NOT NULL                 -- int64, the hashes of sketch_b
) STRICT;

CREATE TABLE posting_b (
    term   INTEGER NOT NULL,
    item   INTEGER NOT NULL,
    weight INTEGER NOT NULL,
    PRIMARY KEY (term, item)
) STRICT, WITHOUT ROWID;

CREATE TABLE related_b (                 -- the best of each item: ten of its own platform, ten away
    item  INTEGER NOT NULL,
    other INTEGER NOT NULL,
    score INTEGER NOT NULL,                -- cosine, per 10,000
    away  INTEGER NOT NULL,                -- 1: another platform
    ruled INTEGER NOT NULL,                -- 1: a person put them together
    PRIMARY KEY (item, other)
) STRICT, WITHOUT ROWID;
CREATE INDEX related_b_other ON related_b (other);

CREATE TABLE topic_b (
    item       INTEGER NOT NULL,
    topic      TEXT NOT NULL,
    source     TEXT NOT NULL,              -- rule model human
    confidence INTEGER NOT NULL,           -- per mille
    auto       INTEGER NOT NULL,
    evidence   TEXT NOT NULL,              -- the words that decided
    PRIMARY KEY (item, topic)
) STRICT, WITHOUT ROWID;
CREATE INDEX topic_b_topic ON topic_b (topic, item);
