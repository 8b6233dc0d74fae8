-- ARGV[4] is how many messages are stored, ARGV[5] the channel, ARGV[6] the data.
local epoch = open()
local offset = text(redis.call('HINCRBY', KEYS[1], 'offset', 1))
redis.call('XADD', KEYS[2], 'MAXLEN', ARGV[4], offset .. '-0', 'd', ARGV[6])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
redis.call('PUBLISH', ARGV[5], epoch .. ':' .. offset .. ':' .. ARGV[6])
return redis.status_reply('OK')
