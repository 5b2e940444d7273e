// An event recorder on a fake API in time that a test moves, and the Events it has written there.
import type { EventNote } from '../../../src/kube/event-note.ts';
import { EventRecorder } from '../../../src/kube/event-recorder.ts';
import { createLogger } from '../../../src/observe/log.ts';
import type { JsonMap } from '../../../src/translate/objects/json-value.ts';
import { FakeApi } from './fake-api.ts';
import { ManualTimers } from './manual-timers.ts';

const LASTING_MS = 2_000;

export class EventScene {
  readonly api = new FakeApi();
  readonly timers = new ManualTimers();
  readonly log: JsonMap[] = [];
  isLeader = true;
  readonly recorder: EventRecorder;
  #drawn = 0;

  constructor() {
    this.recorder = new EventRecorder({
      api: this.api,
      clock: {
        epochMs: () => 1_800_000_000_000 + this.timers.nowMs,
        monotonicMs: () => this.timers.nowMs,
      },
      timers: this.timers,
      chance: () => ((this.#drawn += 1) % 1000) / 1000,
      log: createLogger({ write: (line) => this.log.push(JSON.parse(line) as JsonMap) }, 'info'),
      controllerName: 'mattermost-ingress.io/controller',
      instance: 'pod-1',
      isLeader: () => this.isLeader,
    });
  }

  /** What the Events say, in order: reason, note and how often. */
  get told(): readonly string[] {
    return [...this.api.cluster.objectsOf('events').values()].map(({ regarding, reason, series }) => {
      const { name } = regarding as { readonly name: string };
      const { count } = (series ?? { count: 1 }) as { readonly count: number };
      return `${name} ${reason as string} ${count}`;
    });
  }

  /** Tells notes, and waits until they have lasted. */
  async tell(...notes: readonly EventNote[]): Promise<void> {
    this.recorder.tell(notes);
    await this.timers.advance(LASTING_MS);
  }
}

export function note(name: string, reason = 'Conflicted', text = 'text'): EventNote {
  const regarding = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    namespace: 'test',
    name,
    uid: `uid-${name}`,
  };
  return { type: 'Warning', regarding, reason, action: 'Translate', note: text };
}
