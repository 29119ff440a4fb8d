-- Clicks on many links, or on one link of many domains, by many agents, for wrk; an optional delay makes a fixed rate out of it.
local links = tonumber(os.getenv("LINKS") or "1000")
local domain = os.getenv("DOMAIN") or "go.bench.test"
local domains = tonumber(os.getenv("DOMAINS") or "0")
local pause = tonumber(os.getenv("DELAY_MS") or "0")
local agents, requests, at = {}, {}, 0

local folder = debug.getinfo(1, "S").source:match("@?(.*/)") or "./"
for line in io.lines(folder .. "user_agents.txt") do agents[#agents + 1] = line end

function init(args)
   for n = 1, 4096 do
      requests[n] = wrk.format("GET", "/l" .. (n * 7919 % links), {
         ["Host"] = domains > 0 and "d" .. (n * 7919 % domains) .. ".bench.test" or domain,
         ["User-Agent"] = agents[n % #agents + 1],
         ["Accept"] = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
         ["Accept-Language"] = "pt-BR,pt;q=0.9,en;q=0.8",
         ["Accept-Encoding"] = "gzip, deflate, br",
         ["Referer"] = n % 3 == 0 and "https://www.google.com/" or "https://m.facebook.com/",
         ["X-Forwarded-For"] = "200.160." .. (n % 256) .. "." .. (n % 250 + 1),
      })
   end
end

function request()
   at = at % #requests + 1
   return requests[at]
end

if pause > 0 then
   function delay() return pause end
end

function done(summary, latency)
   local errors = summary.errors
   io.write(string.format(
      'RESULT {"requests":%d,"rate":%.1f,"p50":%.3f,"p99":%.3f,"errors":%d}\n',
      summary.requests, summary.requests / summary.duration * 1e6,
      latency:percentile(50) / 1000, latency:percentile(99) / 1000,
      errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
