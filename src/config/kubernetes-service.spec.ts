import { describe, expect, it } from '@jest/globals';
import { kubernetesService } from './kubernetes-service.js';

describe(kubernetesService.name, () => {
  const at = (host?: string, port?: string): string | undefined =>
    kubernetesService({ KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port })?.href;

  it('is named by the environment of a pod', () => {
    expect(at('10.96.0.1', '443')).toBe('https://10.96.0.1/');
    expect(at('fd00::1', '6443')).toBe('https://[fd00::1]:6443/');
  });

  it('is nowhere outside of a pod', () => {
    expect(at()).toBeUndefined();
    expect(at('10.96.0.1')).toBeUndefined();
    expect(at('', '')).toBeUndefined();
    expect(at('10.96.0.1', 'tcp')).toBeUndefined();
  });
});
