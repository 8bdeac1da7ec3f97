/** What is in a list knows its neighbours; one list at a time. */
export interface Linked<T> {
  previous: T | undefined;
  next: T | undefined;
}

/** Doubly linked: any member can be taken out at once. */
export class LinkedList<T extends Linked<T>> {
  first: T | undefined;
  last: T | undefined;

  append(item: T): void {
    item.previous = this.last;
    item.next = undefined;
    if (this.last) this.last.next = item;
    else this.first = item;
    this.last = item;
  }

  /** @param item is in this list */
  remove(item: T): void {
    if (item.previous) item.previous.next = item.next;
    else this.first = item.next;
    if (item.next) item.next.previous = item.previous;
    else this.last = item.previous;
    item.previous = item.next = undefined;
  }
}
