// What is kept of a client for the days of its WebSocket: the place it takes. Whatever read its requests is let go of.
import type { Client } from '../../model/request.ts';
import type { ConnectionServices, OpenConnection } from '../services.ts';
import type { TunneledClient } from './client-stream.ts';

export class Http1TunneledClient implements OpenConnection, TunneledClient {
  readonly client: Client;
  readonly #services: ConnectionServices;

  constructor(client: Client, services: ConnectionServices) {
    this.client = client;
    this.#services = services;
  }

  /** It is asked to leave by whoever closes tunnels, at its pace. */
  closeWhenIdle(): void {}

  /** A WebSocket that says nothing is one in use. */
  dropIfIdle(): boolean {
    return false;
  }

  onGone(): void {
    this.#services.onClosed(this);
  }
}
