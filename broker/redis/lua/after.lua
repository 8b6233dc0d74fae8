-- ARGV[4] and ARGV[5] are a position, ARGV[6] is how many messages may follow it. The reply
-- is the epoch and the last offset, and, if the messages after the position are stored, 'ok'
-- and then the offset and data of the first ones: ARGV[7] messages, or fewer if they have
-- more than ARGV[8] bytes. Otherwise it is 'missing' and the offset of the oldest stored
-- message. ARGV[9] is 1 if the position was certainly that of a message.
local epoch, last = newest()
local after = tonumber(ARGV[5])
if ARGV[9] == '1' and epoch == ARGV[4] and last < after then
	epoch, last = reset(), 0 -- the server has lost messages, and would use their offsets again
end
local missed = last - after
local reply = {epoch, text(last), 'ok'}
if epoch == ARGV[4] and missed == 0 then
	return reply
end
if epoch == ARGV[4] and missed > 0 and missed <= tonumber(ARGV[6]) then
	local size = 0
	for i, entry in ipairs(redis.call('XRANGE', KEYS[2], '0-' .. text(after + 1), '+', 'COUNT', ARGV[7])) do
		if i == 1 and offset(entry[1]) ~= text(after + 1) then
			break
		end
		size = size + #entry[2][2]
		if i > 1 and size > tonumber(ARGV[8]) then
			break
		end
		reply[#reply + 1] = offset(entry[1])
		reply[#reply + 1] = entry[2][2]
	end
	if #reply > 3 then
		return reply
	end
end
local oldest = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 1)[1]
return {epoch, text(last), 'missing', oldest and offset(oldest[1]) or text(last + 1)}
