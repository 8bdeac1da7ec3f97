/** Smaller pages cost little as they are. */
const WORTH_BYTES = 8 * 1024;

/**
 * Which page a server is asked for. Prometheus' client for Python, and so vLLM, takes `name[]=…` in the query and tells
 * those metrics alone: a hundredth of the work for both sides. Others do not heed it, refuse it, or (with several
 * processes behind a page) tell nothing at all then. So it is tried once a whole page was read, and kept where the
 * same things are found in less.
 */
export class PageSelection {
  private state: 'whole' | 'trial' | 'selected' | 'refused' = 'whole';
  private known = 0;
  private size = 0;

  constructor(private readonly enabled: boolean) {}

  /** Whether the next request names what it wants. */
  get named(): boolean {
    return this.state === 'trial' || this.state === 'selected';
  }

  /**
   * @param found what was on it, as bits @param size bytes
   * @returns whether it is to be believed
   */
  page(found: number, size: number): boolean {
    switch (this.state) {
      case 'trial': {
        const kept = found === this.known && size * 2 < this.size;
        this.state = kept ? 'selected' : 'refused';
        return kept;
      }
      case 'selected':
        // Something came or went: a whole page tells what there is now.
        if (found !== this.known) this.state = 'whole';
        return found === this.known;
      case 'whole':
        this.known = found;
        this.size = size;
        if (this.enabled && found !== 0 && size > WORTH_BYTES) this.state = 'trial';
        return true;
      case 'refused':
        return true;
    }
  }

  /** There was no page. @returns whether that is the server's fault, and not that of what we tried */
  failed(): boolean {
    const blameless = this.state !== 'trial';
    this.state = blameless ? 'whole' : 'refused';
    return blameless;
  }
}
