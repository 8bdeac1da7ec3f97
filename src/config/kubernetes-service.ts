import { isIPv6 } from 'node:net';
import type { Environment } from './environment.js';

/**
 * Where a pod finds the Kubernetes API: the Service `kubernetes`, as every pod has it in its environment
 * (https://kubernetes.io/docs/tasks/run-application/access-api-from-pod/).
 *
 * @returns undefined outside of a pod
 */
export function kubernetesService(env: Environment = process.env): URL | undefined {
  const host = env['KUBERNETES_SERVICE_HOST'];
  const port = env['KUBERNETES_SERVICE_PORT'];
  if (!host || !port) return undefined;
  return URL.parse(`https://${isIPv6(host) ? `[${host}]` : host}:${port}`) ?? undefined;
}
