/** It is not known which cluster to talk to, or how. The message is one line with the mend. */
export class ClusterConfigError extends Error {
  override readonly name = 'ClusterConfigError';

  constructor(message: string) {
    super(message.replace(/\s+/g, ' ').trim());
  }
}
