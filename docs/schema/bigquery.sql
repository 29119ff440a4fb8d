-- Events in BigQuery: a landing table that exports are loaded into as they are, a table by day, and
-- the statement that takes from the one into the other. `clickstream` is the dataset. Nobody has run this
-- against BigQuery itself: it was parsed as BigQuery's dialect, and run translated into DuckDB's.
--
-- A column of `clicks` is named after the last two members of an event's path
-- (client.agent.browser.name is browser_name), which event.schema.json explains. NULL is what is not
-- known. An event that comes again is dropped by the MERGE.
--
-- Take the format `extended`: it has the id that duplicates are known by. Events of the format
-- `rebrandly` land too, without what the details tell, under an id made of their own text; two that
-- are the same to the microsecond are then one.

CREATE TABLE IF NOT EXISTS clickstream.clicks (
    id STRING NOT NULL,
    log_offset INT64,
    batch_key STRING,  -- The batch's `key`: which stream brought it. NULL for exports.

    timestamp TIMESTAMP NOT NULL,
    client_language STRING,
    location_country STRING,
    browser_name STRING,
    browser_version STRING,
    os_name STRING,
    os_version STRING,
    device_name STRING,
    agent_type STRING NOT NULL,
    session_started TIMESTAMP NOT NULL,
    session_first BOOL NOT NULL,

    referral_hostname STRING,
    referral_protocol STRING,
    referral_path STRING,
    origin_type STRING NOT NULL,
    origin_name STRING NOT NULL,

    route_id STRING,
    route_slashtag STRING,
    creator_id STRING,
    workspace_id STRING,
    workspace_name STRING,
    domain_id STRING,
    domain_raw STRING,
    destination_raw STRING,
    destination_protocol STRING,
    destination_hostname STRING,
    destination_path STRING,
    params_query JSON,  -- {"name": ["value", ...]}

    location_region STRING,
    location_city STRING,
    location_latitude FLOAT64,
    location_longitude FLOAT64,
    location_timezone STRING,
    agent_engine STRING,
    agent_brand STRING,
    agent_model STRING,
    agent_category STRING,
    agent_reason STRING,
    link_short_url STRING,
    link_title STRING,
    link_tags ARRAY<STRING>,
    link_created_at TIMESTAMP,
    link_query STRING,
    link_rule STRING,
    link_variant STRING,
    privacy_gpc BOOL,
    privacy_dnt BOOL,

    raw JSON,  -- The whole event; NULL unless the MERGE below keeps it.
    landed_at TIMESTAMP NOT NULL
)
PARTITION BY DATE(timestamp)
CLUSTER BY workspace_id, route_id;

-- An event's own members, in a partition for the day of loading that goes by itself. bigquery.json is
-- the same as a schema of `bq load`.
CREATE TABLE IF NOT EXISTS clickstream.clicks_landing (
    timestamp TIMESTAMP NOT NULL,
    client JSON NOT NULL,
    referral JSON NOT NULL,
    route JSON NOT NULL,
    id STRING,
    `offset` INT64,
    details JSON,
    batch_key STRING
)
PARTITION BY _PARTITIONDATE
OPTIONS (partition_expiration_days = 7);

-- An export:
--
--     bq load --source_format=NEWLINE_DELIMITED_JSON clickstream.clicks_landing clicks.ndjson bigquery.json

-- A batch: @body is the body of a delivery as it came. Answer it with 2xx once this is done.
INSERT INTO clickstream.clicks_landing (timestamp, client, referral, route, id, `offset`, details, batch_key)
SELECT
    TIMESTAMP(JSON_VALUE(event, '$.timestamp')),
    JSON_QUERY(event, '$.client'),
    JSON_QUERY(event, '$.referral'),
    JSON_QUERY(event, '$.route'),
    JSON_VALUE(event, '$.id'),
    CAST(JSON_VALUE(event, '$.offset') AS INT64),
    JSON_QUERY(event, '$.details'),
    JSON_VALUE(PARSE_JSON(@body), '$.key')
FROM UNNEST(JSON_QUERY_ARRAY(PARSE_JSON(@body), '$.data')) AS event;

-- Takes what was loaded yesterday and today into `clicks`; run it as often as you like. It reads all of
-- `clicks` for the ids; with AND c.timestamp >= TIMESTAMP_SUB(CURRENT_TIMESTAMP(), INTERVAL 4 DAY) in the
-- ON it reads the last days, and older events that come again are there twice.
MERGE clickstream.clicks AS c
USING (
    SELECT
        l.event_id AS id,
        l.`offset` AS log_offset,
        l.batch_key AS batch_key,
        l.timestamp AS timestamp,
        JSON_VALUE(l.client, '$.language') AS client_language,
        JSON_VALUE(l.client, '$.location.country') AS location_country,
        JSON_VALUE(l.client, '$.agent.browser.name') AS browser_name,
        JSON_VALUE(l.client, '$.agent.browser.version') AS browser_version,
        JSON_VALUE(l.client, '$.agent.os.name') AS os_name,
        JSON_VALUE(l.client, '$.agent.os.version') AS os_version,
        JSON_VALUE(l.client, '$.agent.device.name') AS device_name,
        JSON_VALUE(l.client, '$.agent.type') AS agent_type,
        TIMESTAMP(JSON_VALUE(l.client, '$.session.started')) AS session_started,
        CAST(JSON_VALUE(l.client, '$.session.first') AS BOOL) AS session_first,
        JSON_VALUE(l.referral, '$.hostname') AS referral_hostname,
        JSON_VALUE(l.referral, '$.protocol') AS referral_protocol,
        JSON_VALUE(l.referral, '$.path') AS referral_path,
        JSON_VALUE(l.referral, '$.origin.type') AS origin_type,
        JSON_VALUE(l.referral, '$.origin.name') AS origin_name,
        JSON_VALUE(l.route, '$.id') AS route_id,
        JSON_VALUE(l.route, '$.slashtag') AS route_slashtag,
        JSON_VALUE(l.route, '$.creator.id') AS creator_id,
        JSON_VALUE(l.route, '$.creator.workspace.id') AS workspace_id,
        JSON_VALUE(l.route, '$.creator.workspace.name') AS workspace_name,
        JSON_VALUE(l.route, '$.domain.id') AS domain_id,
        JSON_VALUE(l.route, '$.domain.raw') AS domain_raw,
        JSON_VALUE(l.route, '$.destination.raw') AS destination_raw,
        JSON_VALUE(l.route, '$.destination.protocol') AS destination_protocol,
        JSON_VALUE(l.route, '$.destination.hostname') AS destination_hostname,
        JSON_VALUE(l.route, '$.destination.path') AS destination_path,
        IF(
            JSON_TYPE(JSON_QUERY(l.route, '$.destination.params.query')) = 'object',
            JSON_QUERY(l.route, '$.destination.params.query'),
            NULL
        ) AS params_query,
        JSON_VALUE(l.details, '$.location.region') AS location_region,
        JSON_VALUE(l.details, '$.location.city') AS location_city,
        CAST(JSON_VALUE(l.details, '$.location.latitude') AS FLOAT64) AS location_latitude,
        CAST(JSON_VALUE(l.details, '$.location.longitude') AS FLOAT64) AS location_longitude,
        JSON_VALUE(l.details, '$.location.timezone') AS location_timezone,
        JSON_VALUE(l.details, '$.agent.engine') AS agent_engine,
        JSON_VALUE(l.details, '$.agent.brand') AS agent_brand,
        JSON_VALUE(l.details, '$.agent.model') AS agent_model,
        JSON_VALUE(l.details, '$.agent.category') AS agent_category,
        JSON_VALUE(l.details, '$.agent.reason') AS agent_reason,
        JSON_VALUE(l.details, '$.link.shortUrl') AS link_short_url,
        JSON_VALUE(l.details, '$.link.title') AS link_title,
        JSON_VALUE_ARRAY(l.details, '$.link.tags') AS link_tags,
        TIMESTAMP(JSON_VALUE(l.details, '$.link.createdAt')) AS link_created_at,
        JSON_VALUE(l.details, '$.link.query') AS link_query,
        JSON_VALUE(l.details, '$.link.rule') AS link_rule,
        JSON_VALUE(l.details, '$.link.variant') AS link_variant,
        CAST(JSON_VALUE(l.details, '$.privacy.gpc') AS BOOL) AS privacy_gpc,
        CAST(JSON_VALUE(l.details, '$.privacy.dnt') AS BOOL) AS privacy_dnt,
        CAST(NULL AS JSON) AS raw,  -- TO_JSON(l) instead keeps the whole event.
        CURRENT_TIMESTAMP() AS landed_at
    FROM (
        SELECT
            *,
            COALESCE(id, TO_HEX(MD5(TO_JSON_STRING(STRUCT(timestamp, client, referral, route))))) AS event_id
        FROM clickstream.clicks_landing
        WHERE _PARTITIONTIME >= TIMESTAMP_SUB(TIMESTAMP_TRUNC(CURRENT_TIMESTAMP(), DAY), INTERVAL 1 DAY)
    ) AS l
    WHERE TRUE
    QUALIFY ROW_NUMBER() OVER (PARTITION BY l.event_id ORDER BY l.timestamp) = 1
) AS e
ON c.id = e.id
WHEN NOT MATCHED THEN INSERT ROW;
