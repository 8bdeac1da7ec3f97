/** Upper bounds of buckets as llm-d has them, so that boards can add up pickers of both kinds. */
export const PICKER_BUCKETS = {
  /** Of requests, in seconds: 5 ms to an hour. */
  duration: [
    0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45,
    60, 120, 180, 240, 300, 360, 480, 600, 900, 1200, 1800, 2700, 3600,
  ],
  /** From one token to the next, in seconds. */
  perToken: [
    0.0005, 0.00205, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.125, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6,
    0.8, 1, 1.5, 2, 3, 4.5, 6, 12, 18, 24, 30, 36, 48, 60, 90, 120, 180, 270, 360,
  ],
  /** The same, averaged over a whole request. */
  normalized: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
  /** Of what this program does by itself, in seconds. */
  own: [0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1],
  queued: [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  tokens: [
    1, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536, 131072, 262144,
    524288, 1048576,
  ],
  /** 64 bytes to 1 GiB. */
  bytes: Array.from({ length: 25 }, (_, power) => 64 * 2 ** power),
  ratio: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1],
  prefix: [0, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536],
} as const;

const MODELS = {
  model_name: 'the model that the client named, `unknown` where it named none, or `other`',
  target_model_name: 'the model that the server is asked for, or `other`',
};
const PRIORITY = { priority: "the request's priority, 0 unless its objective says otherwise" };

/** Labels of histograms of answers. */
export const OF_ANSWERS = { ...MODELS, ...PRIORITY };
/** Labels of counters of requests. */
export const OF_REQUESTS = {
  ...MODELS,
  fairness_id: 'whose request it is, `default-flow` where it does not say, or `other`',
  ...PRIORITY,
};
export const POOL = { name: '`--pool-name`, `default` where there is none' };
export const FLOW_POOL = { inference_pool: POOL.name };
export const ENDPOINT = {
  endpoint_name: 'of the pod and its rank, or of the entry in a file; `other` beyond 1000',
  namespace: 'its namespace',
  port: 'its port',
};
