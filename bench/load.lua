-- SPDX-License-Identifier: Apache-2.0
-- For wrk. With HADAL_BENCH_EVENT, a file with the body of an event, each request is a delivery of
-- its own: @DELIVERY@, @NUMBER@ and @HEAD@ in it are filled in. HADAL_BENCH_AUTH is its
-- Authorization. Without it, wrk's own GET. With HADAL_BENCH_PACE each thread sends so many
-- requests in a second, or as many as are answered. Prints the result as one line of JSON, times in
-- ms.

local ffi = require("ffi")
ffi.cdef("struct timespec { long seconds, nanoseconds; };"
         .. "int clock_gettime(int clock, struct timespec *now);")

local CLOCK_MONOTONIC = 1
local PULLS = 1000
local threads = 0
local template = os.getenv("HADAL_BENCH_EVENT")
local pace = tonumber(os.getenv("HADAL_BENCH_PACE"))

function setup(thread)
   threads = threads + 1
   thread:set("number", threads)
end

if template then
   local file = assert(io.open(template))
   local body = file:read("*a")
   local sent = 0
   local headers = {
      ["Content-Type"] = "application/json",
      ["Authorization"] = os.getenv("HADAL_BENCH_AUTH"),
   }
   file:close()

   function request()
      sent = sent + 1
      local values = {
         ["@DELIVERY@"] = string.format("%08x-0000-4000-8000-%012x", number, sent),
         ["@NUMBER@"] = tostring(1 + (sent * 2 + number) % PULLS),
         ["@HEAD@"] = string.format("%08x%032x", number, sent),
      }
      return wrk.format("POST", "/events", headers, (body:gsub("@%u+@", values)))
   end
end

if pace then
   local now = ffi.new("struct timespec")
   local start, given = nil, 0

   -- Milliseconds until the next request is due; one that is late does not make others wait.
   function delay()
      ffi.C.clock_gettime(CLOCK_MONOTONIC, now)
      local ms = tonumber(now.seconds) * 1e3 + tonumber(now.nanoseconds) / 1e6
      start = start or ms
      given = given + 1
      return math.max(0, math.floor(start + given * 1000 / pace - ms))
   end
end

function done(summary, latency, requests)
   local errors = summary.errors
   print(string.format(
      '{"requests": %d, "seconds": %.6f, "p50": %.3f, "p99": %.3f, "max": %.3f, '
      .. '"refused": %d, "broken": %d}',
      summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
      latency:percentile(99) / 1e3, latency.max / 1e3, errors.status,
      errors.connect + errors.read + errors.write + errors.timeout))
end
