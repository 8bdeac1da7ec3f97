import { describe, expect, it } from '@jest/globals';
import { PageSelection } from './page-selection.js';

const LARGE = 60_000;

describe(PageSelection.name, () => {
  it('tries a selection once a large page was read, and keeps it where it tells the same in less', () => {
    const selection = new PageSelection(true);
    expect(selection.named).toBe(false);
    expect(selection.page(0b11, LARGE)).toBe(true);
    expect(selection.named).toBe(true);
    expect(selection.page(0b11, 500)).toBe(true);
    expect(selection.named).toBe(true);
  });

  it.each([
    ['lacks something', 0b01, 400],
    ['tells nothing', 0, 0],
    ['is no smaller', 0b11, LARGE],
  ])('gives it up where the page %s', (_, found, size) => {
    const selection = new PageSelection(true);
    selection.page(0b11, LARGE);
    expect(selection.page(found, size)).toBe(false);
    expect(selection.named).toBe(false);
    expect(selection.page(0b11, LARGE)).toBe(true);
    expect(selection.named).toBe(false);
  });

  it('does not hold a refused selection against the server', () => {
    const selection = new PageSelection(true);
    selection.page(0b11, LARGE);
    expect(selection.failed()).toBe(false);
    expect(selection.named).toBe(false);
  });

  it('asks for the whole page again when something comes or goes', () => {
    const selection = new PageSelection(true);
    selection.page(0b11, LARGE);
    selection.page(0b11, 500);
    expect(selection.page(0b01, 400)).toBe(false);
    expect(selection.named).toBe(false);
    expect(selection.page(0b01, LARGE)).toBe(true);
    expect(selection.named).toBe(true);
  });

  it('begins anew after a failure: it may be another server now', () => {
    const selection = new PageSelection(true);
    selection.page(0b11, LARGE);
    selection.page(0b11, 500);
    expect(selection.failed()).toBe(true);
    expect(selection.named).toBe(false);
  });

  it.each([
    ['a small page', true, 4000, 0b11],
    ['a page of something else', true, LARGE, 0],
    ['a program that does not want it', false, LARGE, 0b11],
  ])('leaves %s as it is', (_, enabled, size, found) => {
    const selection = new PageSelection(enabled);
    expect(selection.page(found, size)).toBe(true);
    expect(selection.named).toBe(false);
  });
});
