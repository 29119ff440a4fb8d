-- Events in ClickHouse (run with 26.9): a table by day, and one that batches and exports are inserted into.
--
-- A column is named after the last two members of an event's path (client.agent.browser.name is
-- browser_name), which event.schema.json explains. NULL is what is not known; a map and an array can't
-- be NULL here, so params_query is empty then (destination_protocol tells), and link_tags too.
--
-- An event that comes again is merged away, some time later: read with FINAL, or count distinct ids.
--
-- Take the format `extended`: it has the id that duplicates are known by. Events of the format
-- `rebrandly` land too, without what the details tell, under an id made of their own text; two that
-- are the same to the microsecond are then one.

CREATE TABLE clicks
(
    id                   UUID,
    log_offset           Nullable(UInt64),
    batch_key            LowCardinality(Nullable(String)), -- The batch's `key`: which stream brought it. NULL for exports.

    timestamp            DateTime64(6, 'UTC'),
    client_language      LowCardinality(Nullable(String)),
    location_country     LowCardinality(Nullable(String)),
    browser_name         LowCardinality(Nullable(String)),
    browser_version      LowCardinality(Nullable(String)),
    os_name              LowCardinality(Nullable(String)),
    os_version           LowCardinality(Nullable(String)),
    device_name          LowCardinality(Nullable(String)),
    agent_type           LowCardinality(String),
    session_started      DateTime64(6, 'UTC'),
    session_first        Bool,

    referral_hostname    LowCardinality(Nullable(String)),
    referral_protocol    LowCardinality(Nullable(String)),
    referral_path        Nullable(String),
    origin_type          LowCardinality(String),
    origin_name          LowCardinality(String),

    route_id             Nullable(String),
    route_slashtag       Nullable(String),
    creator_id           LowCardinality(Nullable(String)),
    workspace_id         LowCardinality(Nullable(String)),
    workspace_name       LowCardinality(Nullable(String)),
    domain_id            LowCardinality(Nullable(String)),
    domain_raw           LowCardinality(Nullable(String)),
    destination_raw      Nullable(String),
    destination_protocol LowCardinality(Nullable(String)),
    destination_hostname LowCardinality(Nullable(String)),
    destination_path     Nullable(String),
    params_query         Map(String, Array(String)),

    location_region      LowCardinality(Nullable(String)),
    location_city        LowCardinality(Nullable(String)),
    location_latitude    Nullable(Float32),
    location_longitude   Nullable(Float32),
    location_timezone    LowCardinality(Nullable(String)),
    agent_engine         LowCardinality(Nullable(String)),
    agent_brand          LowCardinality(Nullable(String)),
    agent_model          LowCardinality(Nullable(String)),
    agent_category       LowCardinality(Nullable(String)),
    agent_reason         LowCardinality(Nullable(String)),
    link_short_url       Nullable(String),
    link_title           Nullable(String),
    link_tags            Array(String),
    link_created_at      Nullable(DateTime64(6, 'UTC')),
    link_query           Nullable(String),
    link_rule            LowCardinality(Nullable(String)),
    link_variant         LowCardinality(Nullable(String)),
    privacy_gpc          Nullable(Bool),
    privacy_dnt          Nullable(Bool),

    raw                  String CODEC(ZSTD(3)), -- The whole event; '' unless the view below keeps it.
    landed_at            DateTime DEFAULT now()
)
ENGINE = ReplacingMergeTree
PARTITION BY toDate(timestamp)
-- An id has one timestamp, so this says that an id is there once.
ORDER BY (timestamp, id);

-- What is inserted here goes through the view, and is kept nowhere else.
CREATE TABLE clicks_landing (line String) ENGINE = Null;

CREATE MATERIALIZED VIEW clicks_landing_view TO clicks AS
SELECT
    if(JSONHas(event, 'id'), toUUID(JSONExtractString(event, 'id')), reinterpretAsUUID(MD5(event))) AS id,
    JSONExtract(event, 'offset', 'Nullable(UInt64)') AS log_offset,
    nullIf(key, '') AS batch_key,
    parseDateTime64BestEffort(JSONExtractString(event, 'timestamp'), 6, 'UTC') AS timestamp,
    JSONExtract(event, 'client', 'language', 'Nullable(String)') AS client_language,
    JSONExtract(event, 'client', 'location', 'country', 'Nullable(String)') AS location_country,
    JSONExtract(event, 'client', 'agent', 'browser', 'name', 'Nullable(String)') AS browser_name,
    JSONExtract(event, 'client', 'agent', 'browser', 'version', 'Nullable(String)') AS browser_version,
    JSONExtract(event, 'client', 'agent', 'os', 'name', 'Nullable(String)') AS os_name,
    JSONExtract(event, 'client', 'agent', 'os', 'version', 'Nullable(String)') AS os_version,
    JSONExtract(event, 'client', 'agent', 'device', 'name', 'Nullable(String)') AS device_name,
    JSONExtractString(event, 'client', 'agent', 'type') AS agent_type,
    parseDateTime64BestEffort(JSONExtractString(event, 'client', 'session', 'started'), 6, 'UTC') AS session_started,
    JSONExtractBool(event, 'client', 'session', 'first') AS session_first,
    JSONExtract(event, 'referral', 'hostname', 'Nullable(String)') AS referral_hostname,
    JSONExtract(event, 'referral', 'protocol', 'Nullable(String)') AS referral_protocol,
    JSONExtract(event, 'referral', 'path', 'Nullable(String)') AS referral_path,
    JSONExtractString(event, 'referral', 'origin', 'type') AS origin_type,
    JSONExtractString(event, 'referral', 'origin', 'name') AS origin_name,
    JSONExtract(event, 'route', 'id', 'Nullable(String)') AS route_id,
    JSONExtract(event, 'route', 'slashtag', 'Nullable(String)') AS route_slashtag,
    JSONExtract(event, 'route', 'creator', 'id', 'Nullable(String)') AS creator_id,
    JSONExtract(event, 'route', 'creator', 'workspace', 'id', 'Nullable(String)') AS workspace_id,
    JSONExtract(event, 'route', 'creator', 'workspace', 'name', 'Nullable(String)') AS workspace_name,
    JSONExtract(event, 'route', 'domain', 'id', 'Nullable(String)') AS domain_id,
    JSONExtract(event, 'route', 'domain', 'raw', 'Nullable(String)') AS domain_raw,
    JSONExtract(event, 'route', 'destination', 'raw', 'Nullable(String)') AS destination_raw,
    JSONExtract(event, 'route', 'destination', 'protocol', 'Nullable(String)') AS destination_protocol,
    JSONExtract(event, 'route', 'destination', 'hostname', 'Nullable(String)') AS destination_hostname,
    JSONExtract(event, 'route', 'destination', 'path', 'Nullable(String)') AS destination_path,
    JSONExtract(event, 'route', 'destination', 'params', 'query', 'Map(String, Array(String))') AS params_query,
    JSONExtract(event, 'details', 'location', 'region', 'Nullable(String)') AS location_region,
    JSONExtract(event, 'details', 'location', 'city', 'Nullable(String)') AS location_city,
    JSONExtract(event, 'details', 'location', 'latitude', 'Nullable(Float32)') AS location_latitude,
    JSONExtract(event, 'details', 'location', 'longitude', 'Nullable(Float32)') AS location_longitude,
    JSONExtract(event, 'details', 'location', 'timezone', 'Nullable(String)') AS location_timezone,
    JSONExtract(event, 'details', 'agent', 'engine', 'Nullable(String)') AS agent_engine,
    JSONExtract(event, 'details', 'agent', 'brand', 'Nullable(String)') AS agent_brand,
    JSONExtract(event, 'details', 'agent', 'model', 'Nullable(String)') AS agent_model,
    JSONExtract(event, 'details', 'agent', 'category', 'Nullable(String)') AS agent_category,
    JSONExtract(event, 'details', 'agent', 'reason', 'Nullable(String)') AS agent_reason,
    JSONExtract(event, 'details', 'link', 'shortUrl', 'Nullable(String)') AS link_short_url,
    JSONExtract(event, 'details', 'link', 'title', 'Nullable(String)') AS link_title,
    JSONExtract(event, 'details', 'link', 'tags', 'Array(String)') AS link_tags,
    parseDateTime64BestEffortOrNull(JSONExtractString(event, 'details', 'link', 'createdAt'), 6, 'UTC') AS link_created_at,
    JSONExtract(event, 'details', 'link', 'query', 'Nullable(String)') AS link_query,
    JSONExtract(event, 'details', 'link', 'rule', 'Nullable(String)') AS link_rule,
    JSONExtract(event, 'details', 'link', 'variant', 'Nullable(String)') AS link_variant,
    JSONExtract(event, 'details', 'privacy', 'gpc', 'Nullable(Bool)') AS privacy_gpc,
    JSONExtract(event, 'details', 'privacy', 'dnt', 'Nullable(Bool)') AS privacy_dnt,
    '' AS raw -- `event AS raw` keeps the whole event.
FROM
(
    -- A line is a batch, or one event of an export.
    SELECT
        JSONExtractString(line, 'key') AS key,
        arrayJoin(if(JSONHas(line, 'data'), JSONExtractArrayRaw(line, 'data'), [line])) AS event
    FROM clicks_landing
);

-- A batch, the body of a delivery as it came (answer it with 2xx once this is done):
--
--     curl 'http://localhost:8123/?query=INSERT%20INTO%20clicks_landing%20FORMAT%20JSONAsString' --data-binary @batch.json
--
-- An export:
--
--     clickhouse-client --query 'INSERT INTO clicks_landing FORMAT JSONAsString' < clicks.ndjson
--
-- One insert may reach 100 days (max_partitions_per_insert_block): raise that for more.
--
-- Clicks by country:
--
--     SELECT location_country, count() FROM clicks FINAL WHERE agent_type = 'human' GROUP BY 1 ORDER BY 2 DESC
--
-- What is too old: ALTER TABLE clicks DROP PARTITION '2026-11-26', or TTL toDateTime(timestamp) + INTERVAL 400 DAY.
