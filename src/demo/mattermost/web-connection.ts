// One WebSocket of a node: its deadlines, its authentication, its numbered events. The hub decides what it hears.
import type { RawData, WebSocket } from 'ws';
import type { ServerEvent } from './events.ts';
import { broadcastTo, isMeantFor } from './events.ts';
import { textOf } from './exchange.ts';
import { bytesOf } from './frame-bytes.ts';
import type { Hub, HubMember } from './hub.ts';
import { makeId } from './ids.ts';
import type { LoginSession } from './login-sessions.ts';
import type { NodeContext } from './node-context.ts';
import { serverVersion } from './node-context.ts';
import { maxWaitingEvents, ResumeQueue } from './resume-queue.ts';
import type { SocketRequest } from './socket-request.ts';
import { answerSocketRequest, describeSuccess, parseSocketRequest } from './socket-request.ts';

/** A connection a client returns to: the number of the event it expects next, and what is remembered of it. */
export type Return = { readonly id: string; readonly queue: ResumeQueue; readonly sequence: number };

/** Serves one accepted socket until it closes. */
export class WebConnection implements HubMember {
  readonly #node: NodeContext;
  readonly #hub: Hub;
  readonly #socket: WebSocket;
  readonly #timers: { authentication?: NodeJS.Timeout; ping?: NodeJS.Timeout; deadline?: NodeJS.Timeout } =
    {};
  #session: LoginSession | undefined;
  #queue = new ResumeQueue();
  #id: string;
  #unsentFrames = 0;
  #isOpen = true;

  constructor(node: NodeContext, hub: Hub, socket: WebSocket) {
    this.#node = node;
    this.#hub = hub;
    this.#socket = socket;
    this.#id = makeId(node.town.random);
  }

  /** The connection id of the hello. */
  get id(): string {
    return this.#id;
  }

  /** What a later resumption needs. */
  get queue(): ResumeQueue {
    return this.#queue;
  }

  /** The authenticated user, or empty. */
  get userId(): string {
    return this.#session?.user.id ?? '';
  }

  /** Starts serving: with a session the hello, or the missed events, go out at once. */
  start(session: LoginSession | undefined, returned: Return | undefined): void {
    const { timing } = this.#node;
    this.#socket.on('message', (message, isBinary) => this.#hear(message, isBinary));
    this.#socket.on('pong', () => this.#timers.deadline?.refresh());
    // The library answers a broken or oversized frame with a close frame by itself; the close event follows.
    this.#socket.on('error', () => {});
    this.#socket.once('close', () => this.#end());
    this.#timers.authentication = setTimeout(() => this.#closeUnauthenticated(), timing.authenticationMs);
    this.#timers.ping = setInterval(() => this.#socket.ping(), timing.protocolPingMs);
    this.#timers.deadline = setTimeout(() => this.cut(), timing.readDeadlineMs);
    if (session === undefined) return;
    this.#session = session;
    if (returned === undefined) this.#join();
    else this.#rejoin(returned);
  }

  /** Hands over an event the hub has for everybody; false when the connection is to be given up. */
  hear(event: ServerEvent): boolean {
    if (!isMeantFor(event, this.userId) || !this.#hasLiveSession()) return true;
    if (!this.#isOpen) return this.#queue.hold(event);
    if (this.#unsentFrames >= maxWaitingEvents) {
      this.#socket.close();
      return false;
    }
    this.#send(this.#queue.stamp(event));
    return true;
  }

  /** Ends the TCP connection without a close frame, as a real server does in every case but an oversized message. */
  cut(): void {
    this.#socket.terminate();
  }

  #join(): void {
    this.#hub.register(this);
    this.#sayHello();
  }

  #rejoin(returned: Return): void {
    this.#id = returned.id;
    this.#queue = returned.queue;
    const resumption = this.#queue.resume(returned.sequence);
    if (resumption.kind === 'lost') this.#id = makeId(this.#node.town.random);
    this.#hub.register(this);
    if (resumption.kind === 'lost') this.#sayHello();
    else for (const frame of resumption.frames) this.#send(frame);
    for (const event of this.#queue.takeWaiting()) this.#send(this.#queue.stamp(event));
  }

  #sayHello(): void {
    const data = {
      connection_id: this.#id,
      server_hostname: this.#node.name,
      server_version: serverVersion,
    };
    this.#send(this.#queue.stamp({ event: 'hello', data, broadcast: broadcastTo({ user_id: this.userId }) }));
  }

  #hear(message: RawData, isBinary: boolean): void {
    const request = parseSocketRequest(bytesOf(message), isBinary);
    if (request === undefined) return this.cut();
    if (request.action === 'authentication_challenge' && request.sequence > 0)
      return this.#challenge(request);
    // Replies go through the hub, which does not know the unauthenticated: nothing is said to them.
    if (!this.#hasLiveSession()) return;
    const { reply, event } = answerSocketRequest(request, this.userId, this.#node.town);
    if (event !== undefined) this.#node.town.events.publish(event);
    this.#send(reply);
  }

  /** The hello comes before the reply: registering in the hub queues it first. */
  #challenge(request: SocketRequest): void {
    if (this.#session !== undefined) return;
    this.#session = this.#node.town.sessions.find(textOf(request.data, 'token'));
    if (this.#session === undefined) return this.cut();
    this.#join();
    this.#send(describeSuccess(request.sequence));
  }

  #hasLiveSession(): boolean {
    return this.#session !== undefined && this.#node.town.sessions.isLive(this.#session);
  }

  #closeUnauthenticated(): void {
    if (this.#session === undefined) this.cut();
  }

  #send(frame: string): void {
    this.#unsentFrames += 1;
    this.#socket.send(frame, () => {
      this.#unsentFrames -= 1;
    });
  }

  #end(): void {
    this.#isOpen = false;
    clearTimeout(this.#timers.authentication);
    clearInterval(this.#timers.ping);
    clearTimeout(this.#timers.deadline);
    this.#hub.leave(this);
  }
}
