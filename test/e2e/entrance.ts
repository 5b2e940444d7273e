// Where the controller's Service can be reached from here, and requests that go there.
import type { Agent, IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import type { Conversation } from '../../src/demo/mattermost/conversation.ts';
import { openWebSocket, type Reply, request } from '../../src/demo/mattermost/session.ts';
import { kubectl, list } from './cluster-tools.ts';
import { CHAT_HOST } from './mattermost-objects.ts';

/** One address of the Service with its two ports. */
export type Entrance = {
  readonly kind: 'given' | 'load balancer' | 'cluster' | 'node';
  readonly address: string;
  readonly http: number;
  readonly https: number;
};

type Service = {
  readonly spec: {
    readonly clusterIP: string;
    readonly ports: readonly { readonly name: string; readonly port: number; readonly nodePort?: number }[];
  };
  readonly status: {
    readonly loadBalancer?: {
      readonly ingress?: readonly { readonly ip?: string; readonly hostname?: string }[];
    };
  };
};

const CONNECT_TIMEOUT_MS = 2_000;

/** All that the Service says, and `given` (ADDRESS:HTTP_PORT:HTTPS_PORT) first; reachable or not. */
export async function entrancesOf(
  namespace: string,
  name: string,
  given: string | undefined,
): Promise<readonly Entrance[]> {
  const text = await kubectl(`get service ${name} --namespace ${namespace} --output json`);
  const { spec, status } = JSON.parse(text) as Service;
  const portOf = (wanted: string) => spec.ports.find((port) => port.name === wanted);
  const ports = { http: portOf('http')?.port ?? 0, https: portOf('https')?.port ?? 0 };
  const nodePorts = { http: portOf('http')?.nodePort ?? 0, https: portOf('https')?.nodePort ?? 0 };
  const balancers = (status.loadBalancer?.ingress ?? []).flatMap(({ ip, hostname }) => ip ?? hostname ?? []);
  return [
    ...(given === undefined ? [] : [parseGiven(given)]),
    ...balancers.map((address) => ({ kind: 'load balancer' as const, address, ...ports })),
    { kind: 'cluster', address: spec.clusterIP, ...ports },
    ...(await nodeAddresses()).map((address) => ({ kind: 'node' as const, address, ...nodePorts })),
  ];
}

function parseGiven(text: string): Entrance {
  const [, address = '', http, https] = /^(.+):(\d+):(\d+)$/.exec(text) ?? [];
  if (address === '') throw new Error(`E2E_ADDRESS ${text} is not ADDRESS:HTTP_PORT:HTTPS_PORT`);
  return { kind: 'given', address, http: Number(http), https: Number(https) };
}

async function nodeAddresses(): Promise<readonly string[]> {
  const nodes = (await list('nodes', 'default')) as readonly {
    readonly status?: { readonly addresses?: readonly { readonly type: string; readonly address: string }[] };
  }[];
  return nodes.flatMap(({ status }) =>
    (status?.addresses ?? []).filter(({ type }) => type === 'InternalIP').map(({ address }) => address),
  );
}

/** Whether a connection can be made from this machine. */
export function isReachable({ address, https }: Entrance): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port: https, timeout: CONNECT_TIMEOUT_MS });
    const end = (result: boolean): void => {
      socket.destroy();
      resolve(result);
    };
    socket
      .once('connect', () => end(true))
      .once('timeout', () => end(false))
      .once('error', () => end(false));
  });
}

export type Ask = {
  readonly host?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly method?: string;
  readonly body?: string;
  /** Keeps connections; without one each request opens its own. */
  readonly agent?: Agent;
};

const REQUEST_TIMEOUT_MS = 10_000;

/** A client of the sites: it trusts one authority and goes through one entrance. */
export class Visitor {
  readonly entrance: Entrance;
  readonly ca: string;

  constructor(entrance: Entrance, ca: string) {
    this.entrance = entrance;
    this.ca = ca;
  }

  /** Over TLS where the host has a certificate. */
  get(ask: Ask = {}): Promise<Reply> {
    const { host = CHAT_HOST, path = '/api/v4/system/ping', ...rest } = ask;
    const isTls = host === CHAT_HOST;
    return request({ ...rest, ...this.via(isTls), url: `${isTls ? 'https' : 'http'}://${host}${path}` });
  }

  /** Over plain HTTP, whatever the host has. */
  getPlain(host: string, path: string): Promise<Reply> {
    return request({ ...this.via(false), url: `http://${host}${path}` });
  }

  open(headers: Readonly<Record<string, string>>, path = '/api/v4/websocket'): Promise<Conversation> {
    return openWebSocket({ headers, ...this.via(true), url: `https://${CHAT_HOST}${path}` });
  }

  via(isTls: boolean) {
    const { address, http, https } = this.entrance;
    const connectTo = { address, port: isTls ? https : http };
    return { connectTo, timeoutMs: REQUEST_TIMEOUT_MS, ...(isTls ? { ca: this.ca } : {}) };
  }
}

/** `NAME=VALUE` of the cookie that keeps a client on its node; empty where an answer set none. */
export function stickyCookieOf(headers: IncomingHttpHeaders): string {
  const cookies = (headers['set-cookie'] ?? []).map((line) => line.split(';')[0] ?? '');
  return cookies.find((cookie) => cookie.startsWith('MMSTICKY=')) ?? '';
}
