-- ARGV[4] is how many messages are stored at least, ARGV[5] the channel, ARGV[6] the data. ARGV[7] is
-- 1 if the retention begins again, which takes long in comparison.
local epoch = current()
local extend = ARGV[7] == '1'
local id = redis.call('XADD', KEYS[2], 'NOMKSTREAM', 'MAXLEN', '~', ARGV[4], '0-*', 'd', ARGV[6])
if not id then
	if redis.call('HEXISTS', KEYS[1], 'stored') == 1 then -- the server has evicted the stream
		epoch = reset()
	end
	redis.call('HSET', KEYS[1], 'stored', '1')
	id = redis.call('XADD', KEYS[2], '0-*', 'd', ARGV[6])
	extend = true
end
if extend then
	redis.call('PEXPIRE', KEYS[1], ARGV[3])
	redis.call('PEXPIRE', KEYS[2], ARGV[3])
end
redis.call('PUBLISH', ARGV[5], epoch .. ':' .. string.sub(id, 3) .. ':' .. ARGV[6])
return 1
