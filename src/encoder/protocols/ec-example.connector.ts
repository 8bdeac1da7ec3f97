import type { EcConnector } from '../ec-connector.js';

/**
 * vLLM's ECExampleConnector: encoders leave embeddings in storage that the other engines share, under names that those
 * work out themselves. Nothing is handed over.
 */
export const ecExample: EcConnector = {
  name: 'ec-example',
  readsAnswers: false,
  read: () => ({ edits: new Map(), silent: [] }),
};
