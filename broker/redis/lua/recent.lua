-- ARGV[4] is how many messages are returned at most: the epoch, the last offset, and then
-- the offset and data of each, newest first.
local epoch, last = newest()
local reply = {epoch, text(last)}
if tonumber(ARGV[4]) > 0 then
	for _, entry in ipairs(redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', ARGV[4])) do
		reply[#reply + 1] = offset(entry[1])
		reply[#reply + 1] = entry[2][2]
	end
end
return reply
