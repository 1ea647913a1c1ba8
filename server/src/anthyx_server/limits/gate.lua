-- Admits or refuses one request: key record, allowlist and both windows, in one step.
-- KEYS[1] the key's record
-- ARGV 1 cost (0 or 1), 2 caller's address in hex or '', 3 its text, 4 epoch proposal
--      5 when the database was asked (ms) or '', 6 the epoch then; with these the key as read:
--      7 packed, 8 key, 9 family, 10 workspace, 11 revoked, 12 expires (ms) or '', 13 allowlist,
--      14 plan version, 15 minute limit, 16 day limit or -1
local LIFE, MINUTE, DAY, KEPT = 5000, 60000, 86400000, 259200000
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function epoch()
  local known = redis.call('GET', 'anthyx:epoch')
  if not known then
    known = ARGV[4]
    redis.call('SET', 'anthyx:epoch', known)
  end
  return known
end

local packed, key, family, workspace, revoked, expires, allowlist, minute_limit, day_limit
if ARGV[5] ~= '' then
  packed, key, family, workspace = ARGV[7], ARGV[8], ARGV[9], ARGV[10]
  revoked, expires, allowlist = ARGV[11], ARGV[12], ARGV[13]
  minute_limit, day_limit = tonumber(ARGV[15]), tonumber(ARGV[16])
  -- Should the clock be set back meanwhile, a record must not live longer for it.
  local left = math.min(ARGV[5] + LIFE - now, LIFE)
  if ARGV[6] ~= epoch() then left = 0 end
  if left > 0 and redis.call('EXISTS', 'anthyx:changed:' .. key) == 0 then
    redis.call('HSET', KEYS[1], 'r', packed, 'k', key, 'f', family, 'w', workspace,
      's', revoked, 'e', expires, 'i', allowlist)
    redis.call('PEXPIRE', KEYS[1], left)
  end
  local plan = 'anthyx:plan:' .. workspace
  local kept = redis.call('HMGET', plan, 'v', 'm', 'd')
  if kept[1] and tonumber(kept[1]) >= tonumber(ARGV[14]) then
    minute_limit, day_limit = tonumber(kept[2]), tonumber(kept[3])
  elseif left > 0 then
    redis.call('HSET', plan, 'v', ARGV[14], 'm', minute_limit, 'd', day_limit)
    redis.call('PEXPIRE', plan, left)
  end
else
  local record = redis.call('HMGET', KEYS[1], 'r', 'k', 'f', 'w', 's', 'e', 'i')
  packed, key, family, workspace = record[1], record[2], record[3], record[4]
  revoked, expires, allowlist = record[5], record[6], record[7]
  if not packed or redis.call('EXISTS', 'anthyx:changed:' .. key) == 1 then
    return {'miss', now, epoch()}
  end
  local plan = redis.call('HMGET', 'anthyx:plan:' .. workspace, 'm', 'd')
  if not plan[1] then return {'miss', now, epoch()} end
  minute_limit, day_limit = tonumber(plan[1]), tonumber(plan[2])
end

if revoked == '1' then return {'revoked', now, packed} end
if expires ~= '' and tonumber(expires) <= now then return {'expired', now, packed} end
if allowlist ~= '' then
  local listed = false
  for at = 1, #allowlist, 64 do
    if ARGV[2] ~= '' and string.sub(allowlist, at, at + 31) <= ARGV[2]
        and ARGV[2] <= string.sub(allowlist, at + 32, at + 63) then
      listed = true
      break
    end
  end
  if not listed then
    -- Where somebody waits for the first call of a new key, they are told why it fails.
    redis.call('SET', 'anthyx:awaited:' .. key, 'ip ' .. ARGV[3], 'XX', 'KEEPTTL')
    return {'ip', now, packed}
  end
end

-- Windows belong to the family, are opened by its first request and know no limit: a change of
-- plan leaves what was used.
local name = 'anthyx:window:' .. family
local window = redis.call('HMGET', name, 'm', 'me', 'd', 'de')
local m, me = tonumber(window[1] or 0), tonumber(window[2] or 0)
local d, de = tonumber(window[3] or 0), tonumber(window[4] or 0)
if me <= now then m, me = 0, 0 end
if de <= now then d, de = 0, 0 end
local cost = tonumber(ARGV[1])
local verdict = 'ok'
if cost > 0 then
  local hour = 'anthyx:usage:' .. math.floor(now / 3600000)
  if redis.call('HSETNX', hour, 'source', ARGV[4]) == 1 then redis.call('PEXPIRE', hour, KEPT) end
  if day_limit >= 0 and d + cost > day_limit then
    verdict = 'day'
  elseif m + cost > minute_limit then
    verdict = 'minute'
  end
  if verdict == 'ok' then
    if me == 0 then me = now + MINUTE end
    if de == 0 then de = now + DAY end
    m, d = m + cost, d + cost
    redis.call('HSET', name, 'm', m, 'me', me, 'd', d, 'de', de)
    redis.call('PEXPIREAT', name, math.max(me, de))
    redis.call('HINCRBY', hour, 'a:' .. key, 1)
  else
    redis.call('HINCRBY', hour, 'l:' .. key, 1)
  end
end
-- To the microsecond, so that no two uses look the same to the job that takes them away.
redis.call('HSET', 'anthyx:last_used', key, time[1] .. ' ' .. time[2] .. ' ' .. ARGV[3])
return {verdict, now, packed, minute_limit, m, me, day_limit, d, de}
