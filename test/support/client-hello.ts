// The first words of TLS up to 1.2 by hand (RFC 5246 section 7.4): a hello that no library would still send, and what a
// server makes of it. In these versions the server's certificates come in clear.
import { connect } from 'node:net';

/** Versions as they stand in a hello. */
export const VERSION = { ssl3: 0x0300, tls10: 0x0301, tls11: 0x0302, tls12: 0x0303 } as const;

/** Alerts (RFC 5246 section 7.2). */
export const ALERT = { handshakeFailure: 40, protocolVersion: 70, inappropriateFallback: 86 } as const;

export const EXTENSION = { heartbeat: 15, extendedMasterSecret: 23, renegotiationInfo: 0xff01 } as const;

export type Hello = {
  readonly version: number;
  readonly suites: readonly number[];
  readonly servername: string;
  /** Besides none. */
  readonly compressions?: readonly number[];
  /** Bytes of the hello in each record, and each record in a packet of its own. */
  readonly recordBytes?: number;
};

export type ServerWords =
  | { readonly kind: 'alert'; readonly code: number }
  | { readonly kind: 'closed' }
  | {
      readonly kind: 'hello';
      readonly version: number;
      readonly suite: number;
      readonly compression: number;
      readonly extensions: readonly number[];
      /** DER, in the order in which they were sent. */
      readonly certificates: readonly Buffer[];
      /** A key was made for this session alone. */
      readonly hasKeyExchange: boolean;
    };

const HANDSHAKE = 22;
const ALERT_RECORD = 21;
const SERVER_HELLO = 2;
const CERTIFICATE = 11;
const SERVER_KEY_EXCHANGE = 12;
const SERVER_HELLO_DONE = 14;
const WAIT_MS = 5_000;

function vector(lengthBytes: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const length = Buffer.alloc(lengthBytes);
  length.writeUIntBE(content.length, 0, lengthBytes);
  return Buffer.concat([length, content]);
}

function uint16(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(2 * values.length);
  values.forEach((value, at) => bytes.writeUInt16BE(value, 2 * at));
  return bytes;
}

function extension(type: number, content: Buffer): Buffer {
  return Buffer.concat([uint16(type), vector(2, content)]);
}

function extensions(servername: string): readonly Buffer[] {
  const name = vector(2, Buffer.from([0]), vector(2, Buffer.from(servername, 'latin1')));
  return [
    extension(0, name),
    // X25519, P-256, P-384; points as they are.
    extension(10, vector(2, uint16(29, 23, 24))),
    extension(11, vector(1, Buffer.from([0]))),
    // ECDSA and RSA with SHA-256, RSA-PSS, and what TLS 1.1 knows.
    extension(13, vector(2, uint16(0x0403, 0x0401, 0x0804, 0x0503, 0x0501, 0x0203, 0x0201))),
    extension(EXTENSION.heartbeat, Buffer.from([1])),
    extension(EXTENSION.extendedMasterSecret, Buffer.alloc(0)),
    extension(EXTENSION.renegotiationInfo, vector(1)),
  ];
}

function helloBytes({ version, suites, servername, compressions = [] }: Hello): Buffer {
  const body = Buffer.concat([
    uint16(version),
    Buffer.alloc(32, 7),
    vector(1),
    vector(2, uint16(...suites)),
    vector(1, Buffer.from([...compressions, 0])),
    vector(2, ...extensions(servername)),
  ]);
  return Buffer.concat([Buffer.from([1]), vector(3, body)]);
}

function records(hello: Hello): readonly Buffer[] {
  const bytes = helloBytes(hello);
  const size = hello.recordBytes ?? bytes.length;
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    Buffer.concat([Buffer.from([HANDSHAKE, 3, 1]), vector(2, bytes.subarray(at * size, (at + 1) * size))]),
  );
}

/** Says hello on a connection of its own; resolves with the answer, be it one or not. */
export async function sayHello(port: number, hello: Hello): Promise<ServerWords> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const reader = new ServerReader();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('The server says nothing')), WAIT_MS);
    const finish = (words: ServerWords) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(words);
    };
    socket.on('error', () => finish({ kind: 'closed' }));
    socket.on('close', () => finish({ kind: 'closed' }));
    socket.on('data', (chunk: Buffer) => {
      const words = reader.push(chunk);
      if (words !== undefined) finish(words);
    });
    void sendAll(records(hello), (record) => socket.write(record));
  });
}

async function sendAll(pieces: readonly Buffer[], send: (piece: Buffer) => void): Promise<void> {
  for (const piece of pieces) {
    send(piece);
    if (pieces.length > 1)
      for (let turn = 0; turn < 3; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

/** Reads records, and the handshake messages in them, until the server has said all that it says first. */
class ServerReader {
  #records: Buffer = Buffer.alloc(0);
  #messages: Buffer = Buffer.alloc(0);
  #hello: Buffer | undefined;
  #certificates: readonly Buffer[] = [];
  #hasKeyExchange = false;

  push(chunk: Buffer): ServerWords | undefined {
    this.#records = Buffer.concat([this.#records, chunk]);
    while (this.#records.length >= 5) {
      const end = 5 + this.#records.readUInt16BE(3);
      if (this.#records.length < end) return undefined;
      const payload = this.#records.subarray(5, end);
      if (this.#records[0] === ALERT_RECORD) return { kind: 'alert', code: payload[1] ?? 0 };
      this.#records = this.#records.subarray(end);
      this.#messages = Buffer.concat([this.#messages, payload]);
      const words = this.#readMessages();
      if (words !== undefined) return words;
    }
    return undefined;
  }

  #readMessages(): ServerWords | undefined {
    while (this.#messages.length >= 4) {
      const end = 4 + this.#messages.readUIntBE(1, 3);
      if (this.#messages.length < end) return undefined;
      const body = this.#messages.subarray(4, end);
      const type = this.#messages[0];
      this.#messages = this.#messages.subarray(end);
      if (type === SERVER_HELLO) this.#hello = body;
      if (type === CERTIFICATE) this.#certificates = readCertificates(body);
      if (type === SERVER_KEY_EXCHANGE) this.#hasKeyExchange = true;
      if (type === SERVER_HELLO_DONE) return this.#words();
    }
    return undefined;
  }

  #words(): ServerWords {
    const hello = this.#hello ?? Buffer.alloc(0);
    const at = 35 + (hello[34] ?? 0);
    return {
      kind: 'hello',
      version: hello.readUInt16BE(0),
      suite: hello.readUInt16BE(at),
      compression: hello[at + 2] ?? 0,
      extensions: readExtensions(hello.subarray(at + 3)),
      certificates: this.#certificates,
      hasKeyExchange: this.#hasKeyExchange,
    };
  }
}

function readExtensions(bytes: Buffer): readonly number[] {
  const types: number[] = [];
  for (let at = 2; at + 4 <= bytes.length; at += 4 + bytes.readUInt16BE(at + 2))
    types.push(bytes.readUInt16BE(at));
  return types;
}

function readCertificates(body: Buffer): readonly Buffer[] {
  const found: Buffer[] = [];
  for (let at = 3; at + 3 <= body.length; ) {
    const length = body.readUIntBE(at, 3);
    found.push(body.subarray(at + 3, at + 3 + length));
    at += 3 + length;
  }
  return found;
}

/** All suites of these that the server takes, in the order in which it prefers them. */
export async function preferredSuites(port: number, hello: Hello): Promise<readonly number[]> {
  const found: number[] = [];
  for (let left = hello.suites; left.length > 0; ) {
    const words = await sayHello(port, { ...hello, suites: left });
    if (words.kind !== 'hello') break;
    found.push(words.suite);
    left = left.filter((suite) => suite !== words.suite);
  }
  return found;
}
