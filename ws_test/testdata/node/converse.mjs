// What an end of the interop tests does over a connection of Node's ws, as
// internal/interoptest says.

export const subprotocol = 'handset.interop';
export const limit = 1000;

const invalidText = Buffer.from('invalid \xff text', 'latin1');

// converse does what the URL says. The object about is sent for /request.
export function converse(socket, { pathname, searchParams }, about) {
  const numbers = (searchParams.get('fragments') ?? '1').split(',').map(Number);
  const after = Number(searchParams.get('after'));
  const pongs = [];
  let received = 0;
  let bytes = 0;
  const close = () => socket.close(Number(searchParams.get('code')), searchParams.get('reason') ?? '');
  const answers = {
    '/echo': (data, isBinary) => send(socket, data, isBinary, numbers[received % numbers.length]),
    '/limit': (data, binary) => socket.send(data, { binary }),
    '/ping': () => socket.send(pongs.join(',')),
    '/invalid': () => socket.send(invalidText, { binary: false }),
    '/slow': (data, isBinary) => {
      if (!isBinary) socket.send(String(bytes));
      socket.pause();
      setTimeout(() => socket.resume(), 5);
    },
  };
  socket.on('pong', (payload) => pongs.push(payload));
  socket.on('message', (data, isBinary) => {
    answers[pathname]?.(data, isBinary);
    received++;
    bytes += data.length;
    if (pathname === '/close' && received === after) close();
  });
  if (pathname === '/ping') socket.ping('from the other end');
  if (pathname === '/request') socket.send(JSON.stringify(about));
  if (pathname === '/close' && after === 0) close();
}

// send sends a message in fragments, which may end inside characters.
function send(socket, data, binary, fragments) {
  for (let k = 0; k < fragments; k++) {
    const part = data.subarray(Math.floor(k * data.length / fragments), Math.floor((k + 1) * data.length / fragments));
    socket.send(part, { binary, fin: k === fragments - 1 });
  }
}
