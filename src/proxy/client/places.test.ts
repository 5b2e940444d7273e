// Who gives his place up when all are taken: the silent ones in turn, then handshakes, oldest first; nobody who is busy.
import { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { heldBytes } from '../../../test/support/memory.ts';
import { client } from '../../decide/test-objects.ts';
import { Places } from './places.ts';
import type { OpenConnection } from '../services.ts';

class Someone implements OpenConnection {
  readonly client = client();
  isBusy = false;
  asked = 0;
  readonly name: number;
  readonly #places: Places;

  constructor(places: Places, name: number) {
    this.#places = places;
    this.name = name;
    places.connections.add(this);
  }

  closeWhenIdle(): void {}

  dropIfIdle(): boolean {
    this.asked++;
    if (this.isBusy) return false;
    this.#places.connections.delete(this);
    return true;
  }
}

function fill(limit: number, isBusy: (at: number) => boolean = () => false) {
  const places = new Places(limit);
  const everybody = Array.from({ length: limit }, (_, at) => new Someone(places, at));
  for (const each of everybody) each.isBusy = isBusy(each.name);
  return { places, everybody };
}

test('there is room up to the limit', () => {
  const places = new Places(2);
  expect(places.take()).toBe('free');
  new Someone(places, 0);
  places.arriving.add(new Socket());
  expect(new Places(2).take()).toBe('free');
  expect(places.take()).toBe('freed');
});

describe('over the limit', () => {
  test('the silent ones go, oldest first, each for one who comes', () => {
    const { places, everybody } = fill(4);
    for (let coming = 0; coming < 6; coming++) {
      expect(places.take()).toBe('freed');
      everybody.push(new Someone(places, 10 + coming));
    }
    const left = new Set([...places.connections].map((each) => (each as Someone).name));
    expect(left).toEqual(new Set([12, 13, 14, 15]));
  });

  test('nobody who is busy goes', () => {
    const { places } = fill(5, () => true);
    expect([places.take(), places.take()]).toEqual(['none', 'none']);
    expect(places.connections.size).toBe(5);
  });

  test('who is silent is found among many who are busy, and nobody is asked more often than it takes', () => {
    const { places, everybody } = fill(1000, (at) => at !== 700);
    let attempts = 0;
    while (places.take() === 'none') attempts++;
    expect(attempts).toBe(Math.floor(700 / 64));
    expect(everybody.every(({ asked }) => asked <= 1)).toBe(true);
  });

  test('handshakes go when nobody is silent, oldest first', () => {
    const { places } = fill(2, () => true);
    const [older, newer] = [new Socket(), new Socket()];
    places.arriving.add(older).add(newer);
    expect(places.take()).toBe('freed');
    expect([older.destroyed, newer.destroyed, places.arriving.size]).toEqual([true, false, 1]);
  });
});

test.each([
  ['below the limit', 1000],
  ['at the limit', 100],
])('who is gone takes no memory, %s', (_, limit) => {
  const places = new Places(limit);
  const before = heldBytes();
  for (let coming = 0; coming < 200_000; coming++) {
    places.take();
    const someone = new Someone(places, coming);
    if (limit > 100 && coming % 7 !== 0) someone.dropIfIdle();
    if (places.connections.size > 500) places.connections.clear();
  }
  expect(heldBytes() - before).toBeLessThan(1024 * 1024);
});
