// A server of test/bench/picker/transports/main.ts: says where it listens, and ends with its parent.
import { Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';
import { GrpcServer } from '../../../../src/grpc/grpc-server.js';
import { BufferBudget } from '../../../../src/proxy/buffer-budget.js';
import { answersTo } from './handler.js';

const PATH = '/envoy.service.ext_proc.v3.ExternalProcessor/Process';
const MOST = 2 ** 29;
/** Before a message of gRPC. */
const FRAME = 5;

async function own(): Promise<number> {
  const server = new GrpcServer({
    methods: new Map([
      [
        PATH,
        (call) => {
          const answers = answersTo((frame, bytes) => call.send(frame, bytes));
          call.serve({
            message: answers,
            ended: () => call.finish(),
            gone: () => undefined,
          });
        },
      ],
    ]),
    mostBytes: MOST,
    budget: new BufferBudget(MOST),
    failed: (error) => console.error(error),
  });
  return server.listen(0, '127.0.0.1');
}

function grpcJs(): Promise<number> {
  const same = (bytes: Buffer): Buffer => bytes;
  const server = new Server({ 'grpc.max_receive_message_length': -1 });
  server.addService(
    {
      process: {
        ...{ path: PATH, requestStream: true, responseStream: true },
        ...{ requestSerialize: same, requestDeserialize: same },
        ...{ responseSerialize: same, responseDeserialize: same },
      },
    },
    {
      process: (call: ServerDuplexStream<Buffer, Buffer>) => {
        const answers = answersTo((frame, bytes) => {
          const message = frame.subarray(FRAME);
          call.write(bytes ? Buffer.concat([message, bytes]) : message);
        });
        call.on('data', answers);
        call.on('end', () => call.end());
        call.on('error', () => undefined);
      },
    },
  );
  return new Promise((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    );
  });
}

process.send?.(await (process.argv[2] === 'own' ? own() : grpcJs()));
process.on('disconnect', () => process.exit());
