import { HOSTS, PODS } from './places.js';

const { A, B, A6, D, SELF } = HOSTS;

/** What the sidecar's resolver answers: a list of answers a name, the last one for ever. */
export const DNS_TABLE: Readonly<Record<string, readonly (readonly string[])[]>> = {
  localhost: [[SELF, A6]],
  'ip6-localhost': [[SELF]],
  'metadata.google.internal': [['169.254.169.254']],
  'kubernetes.default.svc': [['10.96.0.1']],
  'all.pods.test': [[A, B]],
  'one.pods.test': [[A]],
  'mapped.pods.test': [[`::ffff:${A}`]],
  'mixed.pods.test': [[A, D]],
  'mixed-last.pods.test': [[D, A]],
  'denied.pods.test': [[D]],
  'mapped-denied.pods.test': [[`::ffff:${D}`]],
  'zone.pods.test': [[A, 'fe80::1%lo']],
  'short.pods.test': [['127.2']],
  // Checked with the first answer, dialled with the second: what rebinding is.
  'rebind.pods.test': [[A], [D]],
  'rebind-two.pods.test': [[A, B], [D]],
  'rebind-back.pods.test': [[D], [A]],
  // DNS knows other hosts by the names of the pods.
  [PODS.PODNAME]: [[D]],
  [PODS.PODB]: [[D]],
  [PODS.POD6]: [[D]],
  [PODS.PODNEW]: [[D]],
};
