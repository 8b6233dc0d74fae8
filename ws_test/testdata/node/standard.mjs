// What a client of the interop tests does with the WebSocket of the HTML standard, as
// internal/interoptest says. It uses nothing from outside of itself, so that its text can
// be sent to a browser. It resolves to a report when the connection has ended.
export function visit(address) {
  const { pathname, searchParams } = new URL(address);
  const after = Number(searchParams.get('after'));
  const close = () => socket.close(Number(searchParams.get('code')), searchParams.get('reason') ?? '');
  const socket = new WebSocket(address, pathname === '/request' ? ['other.protocol', 'handset.interop'] : []);
  socket.binaryType = 'arraybuffer';
  let received = 0;
  socket.onopen = () => {
    if (pathname === '/request') socket.send(JSON.stringify({ protocol: socket.protocol }));
    if (pathname === '/close' && after === 0) close();
  };
  socket.onmessage = ({ data }) => {
    if (pathname === '/echo') socket.send(data);
    received++;
    if (pathname === '/close' && received === after) close();
  };
  return new Promise((resolve) => {
    // Some send no close event if the handshake is refused.
    socket.onerror = () => setTimeout(() => resolve({ url: address, code: 1006 }), 100);
    socket.onclose = ({ code, reason }) => resolve({ url: address, code, reason });
  });
}
