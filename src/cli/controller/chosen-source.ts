// A source of objects as `run` has chosen it, with all that comes with it. Types only: clusters are loaded when needed.
import type { Clock } from '../../model/clock.ts';
import type { AddressRanges } from '../../model/configuration.ts';
import type { ObjectSource } from '../../model/object-source.ts';
import type { Logger } from '../../observe/log.ts';
import type { MainMetrics } from '../../observe/main-metrics.ts';
import type { WatchSample } from '../../observe/registry.ts';
import type { Options } from '../../options/options.ts';
import type { ClusterWriter, LoadKey, ReadKey } from './cluster-writer.ts';

/** What is read of the cluster and written to it, and where it is kept. */
export type ClusterOptions = Pick<
  Options,
  | 'publishService'
  | 'electionId'
  | 'electionNamespace'
  | 'watchNamespaces'
  | 'secretsMode'
  | 'ingressClass'
  | 'ingressClassByName'
  | 'controllerName'
  | 'stateCache'
>;

export type ChosenSource = {
  readonly source: ObjectSource;
  /** What the log says of it. */
  readonly facts: Readonly<Record<string, unknown>>;
  readonly watches: () => readonly WatchSample[];
  /** Networks no endpoint may lie in, unless an option says otherwise; the same value until they change. */
  readonly deniedEndpoints: () => AddressRanges;
  /** Absent where there is nobody to tell. */
  readonly writer?: ClusterWriter;
  /** Reads keys from a Secret; absent where there are only files. */
  readonly loadKey?: LoadKey;
  readonly readKey?: ReadKey;
};

export type SourceTools = { readonly clock: Clock; readonly log: Logger; readonly metrics: MainMetrics };
