import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';

/** Does in this process what NODE_EXTRA_CA_CERTS does for a whole one: trusts one more certificate. */
export async function trusting(caFile: string, action: () => Promise<void>): Promise<void> {
  const before = getCACertificates('default');
  setDefaultCACertificates([...before, readFileSync(caFile, 'utf8')]);
  try {
    await action();
  } finally {
    setDefaultCACertificates(before);
  }
}
