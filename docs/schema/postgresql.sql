-- Events in PostgreSQL (run with 15): a table by day, and functions that land batches and exports in it.
--
-- A column is named after the last two members of an event's path (client.agent.browser.name is
-- browser_name), which event.schema.json explains. Null is what is not known. An event that comes
-- again is dropped, so landing the same batch or the same export twice changes nothing.
--
-- Take the format `extended`: it has the id that duplicates are known by. Events of the format
-- `rebrandly` land too, without what the details tell, under an id made of their own text; two that
-- are the same to the microsecond are then one.

create table clicks (
    id                   uuid not null,
    log_offset           bigint,
    batch_key            text,  -- The batch's `key`: which stream brought it. Null for exports.

    timestamp            timestamptz not null,
    client_language      text,
    location_country     text,
    browser_name         text,
    browser_version      text,
    os_name              text,
    os_version           text,
    device_name          text,
    agent_type           text not null,
    session_started      timestamptz not null,
    session_first        boolean not null,

    referral_hostname    text,
    referral_protocol    text,
    referral_path        text,
    origin_type          text not null,
    origin_name          text not null,

    route_id             text,
    route_slashtag       text,
    creator_id           text,
    workspace_id         text,
    workspace_name       text,
    domain_id            text,
    domain_raw           text,
    destination_raw      text,
    destination_protocol text,
    destination_hostname text,
    destination_path     text,
    params_query         jsonb,  -- {"name": ["value", ...]}

    location_region      text,
    location_city        text,
    location_latitude    real,
    location_longitude   real,
    location_timezone    text,
    agent_engine         text,
    agent_brand          text,
    agent_model          text,
    agent_category       text,
    agent_reason         text,
    link_short_url       text,
    link_title           text,
    link_tags            text[],
    link_created_at      timestamptz,
    link_query           text,
    link_rule            text,
    link_variant         text,
    privacy_gpc          boolean,
    privacy_dnt          boolean,

    raw                  jsonb,  -- The whole event, where you ask for it.
    landed_at            timestamptz not null default now(),

    -- An id has one timestamp, so this says that an id is there once. A key has to hold what the
    -- table is partitioned by.
    primary key (id, timestamp)
) partition by range (timestamp);

create index clicks_by_link on clicks (route_id, timestamp);
create index clicks_by_workspace on clicks (workspace_id, timestamp);

-- Makes a day's partition, in UTC, where there is none. It is made apart and then attached, which holds up
-- neither readers nor writers. What is too old goes by `drop table clicks_20261126`.
create function clicks_day(day date) returns void language plpgsql as $$
declare
    part text := 'clicks_' || to_char(day, 'YYYYMMDD');
begin
    if to_regclass(part) is not null then return; end if;
    -- Of two that want the same day one waits here, and then finds it.
    perform pg_advisory_xact_lock(hashtext('clicks_day'));
    if to_regclass(part) is not null then return; end if;
    execute format('create table %I (like clicks including defaults)', part);
    execute format(
        'alter table clicks attach partition %I for values from (%L) to (%L)',
        part, day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00'
    );
end $$;

-- JSON text as jsonb. A visitor can write %00 into a query; JSON can say that (\u0000), jsonb can't,
-- and one click would hold up its stream: it becomes U+FFFD, as malformed text does.
create function clicks_json(body text) returns jsonb language sql immutable as $$
    select case strpos(body, '\u0000')
        when 0 then body
        else regexp_replace(body, '(?<!\\)((?:\\\\)*)\\u0000', '\1\\ufffd', 'g')
    end::jsonb
$$;

-- An event as a row.
create function clicks_row(event jsonb, batch_key text, keep_raw boolean) returns setof clicks
language sql stable as $$
    select
        coalesce((event ->> 'id')::uuid, md5(event::text)::uuid),
        (event ->> 'offset')::bigint,
        batch_key,
        (event ->> 'timestamp')::timestamptz,
        event #>> '{client,language}',
        event #>> '{client,location,country}',
        event #>> '{client,agent,browser,name}',
        event #>> '{client,agent,browser,version}',
        event #>> '{client,agent,os,name}',
        event #>> '{client,agent,os,version}',
        event #>> '{client,agent,device,name}',
        event #>> '{client,agent,type}',
        (event #>> '{client,session,started}')::timestamptz,
        (event #>> '{client,session,first}')::boolean,
        event #>> '{referral,hostname}',
        event #>> '{referral,protocol}',
        event #>> '{referral,path}',
        event #>> '{referral,origin,type}',
        event #>> '{referral,origin,name}',
        event #>> '{route,id}',
        event #>> '{route,slashtag}',
        event #>> '{route,creator,id}',
        event #>> '{route,creator,workspace,id}',
        event #>> '{route,creator,workspace,name}',
        event #>> '{route,domain,id}',
        event #>> '{route,domain,raw}',
        event #>> '{route,destination,raw}',
        event #>> '{route,destination,protocol}',
        event #>> '{route,destination,hostname}',
        event #>> '{route,destination,path}',
        nullif(event #> '{route,destination,params,query}', 'null'),
        event #>> '{details,location,region}',
        event #>> '{details,location,city}',
        (event #>> '{details,location,latitude}')::real,
        (event #>> '{details,location,longitude}')::real,
        event #>> '{details,location,timezone}',
        event #>> '{details,agent,engine}',
        event #>> '{details,agent,brand}',
        event #>> '{details,agent,model}',
        event #>> '{details,agent,category}',
        event #>> '{details,agent,reason}',
        event #>> '{details,link,shortUrl}',
        event #>> '{details,link,title}',
        case jsonb_typeof(event #> '{details,link,tags}')
            when 'array' then array(select jsonb_array_elements_text(event #> '{details,link,tags}'))
        end,
        (event #>> '{details,link,createdAt}')::timestamptz,
        event #>> '{details,link,query}',
        event #>> '{details,link,rule}',
        event #>> '{details,link,variant}',
        (event #>> '{details,privacy,gpc}')::boolean,
        (event #>> '{details,privacy,dnt}')::boolean,
        case when keep_raw then event end,
        now()
$$;

-- Lands a batch, the body of a delivery as it came, and says how many events were new. Answer the
-- delivery with 2xx once this is committed:
--
--     select clicks_land($1)
create function clicks_land(body text, keep_raw boolean default false) returns bigint
language plpgsql as $$
declare
    batch jsonb := clicks_json(body);
    landed bigint;
begin
    perform clicks_day(day)
    from (
        select distinct ((value ->> 'timestamp')::timestamptz at time zone 'UTC')::date
        from jsonb_array_elements(batch -> 'data')
    ) as days (day);
    insert into clicks
    select click.*
    from jsonb_array_elements(batch -> 'data') as events (event)
    cross join lateral clicks_row(event, batch ->> 'key', keep_raw) as click
    on conflict do nothing;
    get diagnostics landed = row_count;
    return landed;
end $$;

-- Where exports are loaded: a line, an event.
create unlogged table clicks_landing (line text not null);

-- Moves what was loaded into `clicks`, and says how many events were new. With psql (the delimiter and
-- the quote are characters that JSON never holds, so that lines are taken as they are):
--
--     \copy clicks_landing from 'clicks.ndjson' with (format csv, delimiter e'\x02', quote e'\x01')
--     select clicks_land_lines();
create function clicks_land_lines(keep_raw boolean default false) returns bigint
language plpgsql as $$
declare
    landed bigint;
begin
    lock table clicks_landing in share row exclusive mode;
    perform clicks_day(day)
    from (
        -- Every event begins with {"timestamp":"2019-07-02T...
        select distinct substr(line, 15, 10)::date from clicks_landing
    ) as days (day);
    insert into clicks
    select click.*
    from clicks_landing
    cross join lateral clicks_row(clicks_json(line), null, keep_raw) as click
    on conflict do nothing;
    get diagnostics landed = row_count;
    truncate clicks_landing;
    return landed;
end $$;
