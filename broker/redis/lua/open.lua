-- KEYS[1] is a hash with the epoch and the last offset of a group, KEYS[2] a stream with
-- its last messages. The id of a message is its offset and -0. ARGV[1] identifies the run of
-- the server, ARGV[2] is a new epoch, ARGV[3] the retention in ms.

-- reset begins a new epoch.
local function reset()
	redis.call('DEL', KEYS[2])
	redis.call('HSET', KEYS[1], 'run', ARGV[1], 'epoch', ARGV[2], 'offset', '0')
	redis.call('PEXPIRE', KEYS[1], ARGV[3])
	return ARGV[2], 0
end

-- open returns the epoch and the last offset. It begins a new epoch if there is none or
-- the server has started again since, or another server has taken over: messages may have
-- been lost.
local function open()
	local state = redis.call('HMGET', KEYS[1], 'run', 'epoch', 'offset')
	if state[1] ~= ARGV[1] then
		return reset()
	end
	return state[2], tonumber(state[3])
end

-- text returns an offset without a fraction or an exponent.
local function text(offset)
	return string.format('%.0f', offset)
end
