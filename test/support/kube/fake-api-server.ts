// A fake API server over TLS: real lists and watches of a FakeCluster, and faults that a test puts in their way.
// It offers HTTP/2 as the real one does; who wants one connection a watch must not take it.
import { once } from 'node:events';
import type { Server as HttpsServer } from 'node:https';
import type { Http2SecureServer } from 'node:http2';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { generate } from 'selfsigned';
import type { JsonMap } from '../../../src/translate/objects/json-value.ts';
import { type Answer, refusal } from './answer.ts';
import type { Plural } from './cluster-objects.ts';
import { EventWriter } from './event-writer.ts';
import { bookmarkLine, FakeCluster, lineOf, type Target, targetOf } from './fake-cluster.ts';
import { type ApiProtocols, createListener, type KeyPair } from './tls-listener.ts';
import { freePort } from '../ports.ts';
import { answerObject, type ObjectTarget, objectTargetOf, type WriteRequest } from './fake-writes.ts';

/** What goes wrong with one request. */
export type Fault =
  /** The connection is reset before any answer. */
  | { readonly kind: 'reset' }
  /** A write is done, and the connection reset before its answer. */
  | { readonly kind: 'lost-answer' }
  /** Nothing is ever answered. */
  | { readonly kind: 'no-head' }
  /** Head and nothing more. */
  | { readonly kind: 'silent' }
  /** Half an event, then the end. */
  | { readonly kind: 'half-line'; readonly end: 'reset' | 'fin' }
  /** Ends the watch as soon as it began. */
  | { readonly kind: 'short' }
  | { readonly kind: 'garbage' }
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly reason: string;
      readonly retryAfter?: number;
    }
  | { readonly kind: 'error-event'; readonly status: number; readonly reason: string }
  /** All bytes of events one by one. */
  | { readonly kind: 'trickle' }
  /** Events come twice, or every two of them in the wrong order. */
  | { readonly kind: 'duplicate' }
  | { readonly kind: 'reorder' }
  /** The next event of this name is never sent. */
  | { readonly kind: 'drop'; readonly name: string };

export type SeenRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
  readonly httpVersion: string;
  readonly userAgent: string | undefined;
  readonly contentType: string | undefined;
};

/** `object`: a read of one object, or any write. */
type Operation = 'list' | 'watch' | 'object';
type OpenWatch = { readonly target: Target; readonly response: ServerResponse; readonly stop: () => void };

export class FakeApiServer {
  readonly cluster = new FakeCluster();
  readonly requests: SeenRequest[] = [];
  connectionsAccepted = 0;
  /** Bearer tokens that are let in. */
  tokens: readonly string[] = ['token-1'];
  readonly ca: string;
  readonly #pair: KeyPair;
  readonly #protocols: ApiProtocols;
  readonly #faults: { readonly operation: Operation; readonly plural: Plural; readonly fault: Fault }[] = [];
  readonly #watches = new Set<OpenWatch>();
  readonly #sockets = new Map<number, Socket>();
  #server: Http2SecureServer | HttpsServer;
  #port = 0;

  private constructor(pair: KeyPair, protocols: ApiProtocols) {
    this.#pair = pair;
    this.#protocols = protocols;
    this.ca = pair.certificate;
    this.#server = this.#create();
  }

  static async start(protocols: ApiProtocols = 'HTTP/2 and HTTP/1.1'): Promise<FakeApiServer> {
    const made = await generate([{ name: 'commonName', value: 'fake API server' }], {
      keyType: 'ec',
      algorithm: 'sha256',
      extensions: [
        { name: 'basicConstraints', cA: true },
        { name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] },
      ],
    });
    const server = new FakeApiServer({ certificate: made.cert, key: made.private }, protocols);
    // One that is there again after `stop`: nobody else is given it meanwhile.
    server.#port = await freePort();
    await server.listen();
    return server;
  }

  get url(): string {
    return `https://127.0.0.1:${this.#port}`;
  }

  /** Listens again after `stop`, at the same port. */
  async listen(): Promise<void> {
    this.#server = this.#create();
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** Ends every connection at once. */
  async stop(): Promise<void> {
    for (const { stop } of this.#watches) stop();
    this.#watches.clear();
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets.values()) socket.destroy();
    await closed;
  }

  /** The next requests of this operation on this kind go wrong, one a fault. */
  fault(operation: Operation, plural: Plural, ...faults: readonly Fault[]): void {
    for (const fault of faults) this.#faults.push({ operation, plural, fault });
  }

  /** Takes back faults that no request has met. */
  forgiveAll(): void {
    this.#faults.length = 0;
  }

  /** Tells every watch of a kind how far the cluster is. */
  bookmark(...kinds: readonly Plural[]): void {
    for (const { target, response } of this.#watches) {
      if (kinds.length === 0 || kinds.includes(target.plural))
        response.write(bookmarkLine(this.cluster.version));
    }
  }

  /** Ends the watches of a kind as their timeout does. */
  endWatches(...kinds: readonly Plural[]): void {
    for (const watch of this.#watches) {
      if (kinds.length > 0 && !kinds.includes(watch.target.plural)) continue;
      watch.stop();
      watch.response.end();
    }
  }

  watchCount(plural: Plural): number {
    return [...this.#watches].filter(({ target }) => target.plural === plural).length;
  }

  seen(operation: Exclude<Operation, 'object'>, plural: Plural): readonly SeenRequest[] {
    return this.requests.filter(
      ({ path, query, method }) =>
        method === 'GET' && path.endsWith(`/${plural}`) && query.has('watch') === (operation === 'watch'),
    );
  }

  kubeconfig(user: string): string {
    return [
      'apiVersion: v1',
      'kind: Config',
      'current-context: fake',
      `clusters: [{name: fake, cluster: {server: "${this.url}", certificate-authority-data: ${base64(this.ca)}}}]`,
      'contexts: [{name: fake, context: {cluster: fake, user: fake}}]',
      `users: [{name: fake, user: ${user}}]`,
      '',
    ].join('\n');
  }

  #create(): Http2SecureServer | HttpsServer {
    const server = createListener(this.#pair, this.#protocols, (request, response) =>
      this.#serve(request, response),
    );
    server.on('connection', (socket: Socket) => {
      const port = socket.remotePort ?? 0;
      this.connectionsAccepted += 1;
      this.#sockets.set(port, socket);
      socket.on('error', () => undefined).on('close', () => this.#sockets.delete(port));
    });
    server.on('secureConnection', (socket: Socket) => socket.on('error', () => undefined));
    server.on('tlsClientError', () => undefined).on('clientError', () => undefined);
    return server;
  }

  #serve(request: IncomingMessage, response: ServerResponse): void {
    const { pathname: path, searchParams: query } = new URL(request.url ?? '/', this.url);
    const { authorization, 'user-agent': userAgent, 'content-type': contentType } = request.headers;
    const { method = 'GET', httpVersion } = request;
    this.requests.push({ method, path, query, authorization, userAgent, httpVersion, contentType });
    response.on('error', () => undefined);
    const object = objectTargetOf(path);
    const target = targetOf(path);
    const definition = this.cluster.definition.answer(path, this.cluster);
    if (!this.tokens.some((token) => authorization === `Bearer ${token}`)) {
      send(response, refusal(401, 'Unauthorized'));
    } else if (object !== undefined && (method !== 'GET' || object.name !== undefined)) {
      void bodyOf(request).then((body) =>
        this.#answerObject(object, { method, path, query, contentType, body }, response),
      );
    } else if (definition !== undefined) send(response, definition);
    else if (target === undefined) send(response, refusal(404, 'NotFound'));
    else if (query.get('watch') === 'true') this.#watch(target, query, response);
    else this.#list(target, query, response);
  }

  #list(target: Target, query: URLSearchParams, response: ServerResponse): void {
    const fault = this.#take('list', target.plural);
    if (fault !== undefined && this.#failsAtOnce(fault, response)) return;
    send(response, this.cluster.list(target, query));
  }

  #answerObject(target: ObjectTarget, request: WriteRequest, response: ServerResponse): void {
    const fault = this.#take('object', target.plural);
    if (fault?.kind === 'lost-answer') {
      answerObject(this.cluster, target, request);
      this.#reset(response);
    } else if (fault === undefined || !this.#failsAtOnce(fault, response)) {
      send(response, answerObject(this.cluster, target, request));
    }
  }

  #watch(target: Target, query: URLSearchParams, response: ServerResponse): void {
    const fault = this.#take('watch', target.plural);
    if (fault !== undefined && this.#failsAtOnce(fault, response)) return;
    const past = this.cluster.eventsAfter(target, query);
    if ('status' in past) {
      send(response, past);
      return;
    }
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    if (fault !== undefined && this.#endsEarly(fault, response)) return;
    const writer = new EventWriter(response, fault);
    const unsubscribe = this.cluster.subscribe(target, query, (event) =>
      writer.write(lineOf(event), event.object),
    );
    for (const event of past) writer.write(lineOf(event), event.object);
    const watch = { target, response, stop: () => this.#watches.delete(watch) && unsubscribe() };
    if (fault?.kind !== 'silent') this.#watches.add(watch);
    else unsubscribe();
    response.on('close', watch.stop);
  }

  #failsAtOnce(fault: Fault, response: ServerResponse): boolean {
    if (fault.kind === 'reset') this.#reset(response);
    else if (fault.kind === 'status') {
      if (fault.retryAfter !== undefined) response.setHeader('retry-after', String(fault.retryAfter));
      send(response, refusal(fault.status, fault.reason));
    } else return fault.kind === 'no-head';
    return true;
  }

  #endsEarly(fault: Fault, response: ServerResponse): boolean {
    if (fault.kind === 'half-line') {
      response.write('{"type":"MODIFIED","object":{"metadata":{"name":"ha', () => {
        if (fault.end === 'reset') this.#reset(response);
        else response.socket?.end();
      });
    } else if (fault.kind === 'error-event') {
      response.end(lineOf({ type: 'ERROR', object: refusal(fault.status, fault.reason).body }));
    } else if (fault.kind === 'garbage') response.write('<html>gateway</html>\n');
    else if (fault.kind === 'short') response.end();
    else return false;
    return true;
  }

  #reset(response: ServerResponse): void {
    this.#sockets.get(response.socket?.remotePort ?? 0)?.resetAndDestroy();
  }

  #take(operation: Operation, plural: Plural): Fault | undefined {
    const at = this.#faults.findIndex((each) => each.operation === operation && each.plural === plural);
    return at === -1 ? undefined : this.#faults.splice(at, 1)[0]?.fault;
  }
}

async function bodyOf(request: IncomingMessage): Promise<JsonMap> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 0 ? {} : (JSON.parse(Buffer.concat(chunks).toString()) as JsonMap);
}

function send(response: ServerResponse, { status, body }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
