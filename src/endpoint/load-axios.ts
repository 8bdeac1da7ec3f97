import type { AxiosStatic } from 'axios';

/** Not at start: it costs 100 ms that nobody waits for before the first question. */
export async function loadAxios(): Promise<AxiosStatic> {
  const { default: axios } = await import('axios');
  return axios;
}
