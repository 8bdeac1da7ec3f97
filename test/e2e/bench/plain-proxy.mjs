/** A proxy that disaggregates nothing: it joins each client to the decoder. The bench must notice. */
import { connect, createServer } from 'node:net';

const [port, decoder] = process.argv.slice(2).map(Number);
createServer((client) => {
  const upstream = connect(decoder, '127.0.0.1');
  client.on('error', () => upstream.destroy()).pipe(upstream);
  upstream.on('error', () => client.destroy()).pipe(client);
}).listen(port, '127.0.0.1');
