-- HEAD of random links: what it costs to find them, without a click.
local links = tonumber(os.getenv("LINKS"))
local host = os.getenv("DOMAIN")

math.randomseed(os.time())
request = function()
  return "HEAD /l" .. math.random(0, links - 1) .. " HTTP/1.1\r\nHost: " .. host .. "\r\n\r\n"
end

local wrong = 0
response = function(status)
  if status ~= 302 then wrong = wrong + 1 end
end

done = function(summary, latency)
  io.write(string.format('RESULT {"requests": %d, "requests_per_s": %.1f, "p50_ms": %.4f, "p99_ms": %.4f}\n',
    summary.requests, summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000))
end
