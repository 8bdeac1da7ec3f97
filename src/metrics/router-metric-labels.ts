/** As vllm-router's, in seconds. */
export const ROUTER_BUCKETS = [
  0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 30, 45, 60, 90, 120, 180, 240,
];
/** What the labels `worker` and `route` hold. */
export const WORKER = 'the URL of a worker';
export const ROUTE = 'a known path, or `other`';
