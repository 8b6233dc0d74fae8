-- What scripts that read begin with, after open.lua.

-- offset returns the offset in the id of a message.
local function offset(id)
	return string.sub(id, 3)
end

-- text returns a number without a fraction or an exponent.
local function text(number)
	return string.format('%.0f', number)
end

-- newest returns the epoch and the offset of the newest message, or 0.
local function newest()
	local epoch = current() -- which may delete the stream
	local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
	return epoch, last and tonumber(offset(last[1])) or 0
end
