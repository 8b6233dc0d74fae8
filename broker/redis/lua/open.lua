-- KEYS[1] is a hash with the epoch of a group, whose field is the run of the server. KEYS[2] is a
-- stream with the last messages of the group, whose id is 0- and the offset. ARGV[1] identifies
-- the run of the server, ARGV[2] is a new epoch, ARGV[3] the retention in ms.

-- reset begins a new epoch and returns it.
local function reset()
	redis.call('DEL', KEYS[1], KEYS[2])
	redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
	redis.call('PEXPIRE', KEYS[1], ARGV[3])
	return ARGV[2]
end

-- current returns the epoch. It begins a new one if there is none, or if the server has
-- started again since or another server has taken over: messages may have been lost.
local function current()
	return redis.call('HGET', KEYS[1], ARGV[1]) or reset()
end
