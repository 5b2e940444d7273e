// A connection that was accepted, before anybody knows what it will speak. Node makes a socket of every one, which then
// would have to be emptied and put away for one that reads into the shared buffer. Its handle can be had without, by a
// door that Node does not document: it is tried here, and only here, and where it is shut its socket serves the same.
import { type Server, Socket } from 'node:net';
import { adoptSocket, type ReadBuffer } from '../read-buffer.ts';
import { CLIENT_KEEP_ALIVE, keepAlive } from '../socket-profiles.ts';

export type Accepted = {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number;
  /** An ordinary socket that reads nothing yet: for a PROXY header, for TLS. */
  pausedSocket(): Socket;
  /** A socket that reads into the buffer once it is resumed. */
  readingSocket(readBuffer: ReadBuffer): Socket;
  close(): void;
};

type Peer = { address?: string; port?: number };
type Handle = { getpeername(peer: Peer): number; close(): void };
type ListeningHandle = {
  onconnection: unknown;
  setNoDelay(isOn: boolean): number;
  setKeepAlive(isOn: boolean, idleSeconds: number, intervalSeconds: number, probes: number): number;
};

/** Options for a server whose connections come through `onAccepted`. */
export const SERVER_OPTIONS = {
  allowHalfOpen: true,
  pauseOnConnect: true,
  noDelay: true,
} as const;

/** How connections come from this Node. */
export type AcceptDoor = 'handle' | 'socket';

export function acceptDoorOf(server: Server): AcceptDoor {
  return listeningHandleOf(server) === undefined ? 'socket' : 'handle';
}

function listeningHandleOf(server: Server): ListeningHandle | undefined {
  const { _handle: handle } = server as unknown as { readonly _handle: unknown };
  const isFit =
    typeof handle === 'object' &&
    handle !== null &&
    'onconnection' in handle &&
    'setNoDelay' in handle &&
    'setKeepAlive' in handle;
  return isFit ? (handle as ListeningHandle) : undefined;
}

/** To be called when the server listens. */
export function onAccepted(
  server: Server,
  onConnection: (accepted: Accepted) => void,
  door = acceptDoorOf(server),
): void {
  const listening = listeningHandleOf(server);
  if (door === 'socket' || listening === undefined) {
    server.on('connection', (shell) => {
      keepAlive(shell, CLIENT_KEEP_ALIVE);
      onConnection(new AcceptedSocket(shell));
    });
    return;
  }
  // The kernel hands these down to whatever it accepts: two calls in all instead of five for each connection.
  listening.setNoDelay(true);
  const { idleSeconds, intervalSeconds, probes } = CLIENT_KEEP_ALIVE;
  listening.setKeepAlive(true, idleSeconds, intervalSeconds, probes);
  // Out of descriptors there is no handle: the connection is lost, the listener is not.
  listening.onconnection = (status: number, handle: Handle | undefined) => {
    if (status === 0 && handle !== undefined) onConnection(new AcceptedHandle(handle));
  };
}

class AcceptedHandle implements Accepted {
  readonly #handle: Handle;
  readonly #peer: Peer = {};

  constructor(handle: Handle) {
    this.#handle = handle;
    handle.getpeername(this.#peer);
  }

  get remoteAddress(): string | undefined {
    return this.#peer.address;
  }

  get remotePort(): number {
    return this.#peer.port ?? 0;
  }

  pausedSocket(): Socket {
    return ignoringErrors(socketOf({ handle: this.#handle, allowHalfOpen: true, pauseOnCreate: true }));
  }

  readingSocket(readBuffer: ReadBuffer): Socket {
    return socketOf({ handle: this.#handle, allowHalfOpen: true, onread: readBuffer.onread });
  }

  close(): void {
    this.#handle.close();
  }
}

class AcceptedSocket implements Accepted {
  readonly #shell: Socket;

  constructor(shell: Socket) {
    this.#shell = ignoringErrors(shell);
  }

  get remoteAddress(): string | undefined {
    return this.#shell.remoteAddress;
  }

  get remotePort(): number {
    return this.#shell.remotePort ?? 0;
  }

  pausedSocket(): Socket {
    return this.#shell;
  }

  readingSocket(readBuffer: ReadBuffer): Socket {
    return adoptSocket(this.#shell, readBuffer);
  }

  close(): void {
    this.#shell.destroy();
  }
}

function socketOf(options: object): Socket {
  return new Socket(options as ConstructorParameters<typeof Socket>[0]);
}

/** A socket without a listener for errors ends the process. */
function ignoringErrors(socket: Socket): Socket {
  return socket.on('error', () => undefined);
}
