// PROXY protocol headers as bytes, right ones and wrong ones.
import { isIPv4 } from 'node:net';
import { parseAddress } from '../../src/model/address.ts';

export type ProxiedConnection = {
  readonly source: string;
  readonly destination: string;
  readonly sourcePort: number;
  readonly destinationPort: number;
};

/** A version 1 header of this line. */
export function proxyV1(line: string): Buffer {
  return Buffer.from(`${line}\r\n`, 'latin1');
}

/** A version 2 header; `more` replaces its bytes 12 and 13 and adds bytes behind the addresses. */
export function proxyV2(
  connection: ProxiedConnection | undefined,
  more: { readonly command?: number; readonly family?: number; readonly tail?: Buffer } = {},
): Buffer {
  const isV4 = connection === undefined || isIPv4(connection.source);
  const addresses = connection === undefined ? Buffer.alloc(0) : encodeAddresses(connection, isV4);
  const body = Buffer.concat([addresses, more.tail ?? Buffer.alloc(0)]);
  const head = Buffer.from('\r\n\r\n\0\r\nQUIT\n\0\0\0\0', 'latin1');
  head[12] = more.command ?? 0x21;
  head[13] = more.family ?? (isV4 ? 0x11 : 0x21);
  head.writeUInt16BE(body.length, 14);
  return Buffer.concat([head, body]);
}

export function tlv(type: number, value: string): Buffer {
  const head = Buffer.from([type, 0, 0]);
  head.writeUInt16BE(value.length, 1);
  return Buffer.concat([head, Buffer.from(value, 'latin1')]);
}

function encodeAddresses(connection: ProxiedConnection, isV4: boolean): Buffer {
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(connection.sourcePort, 0);
  ports.writeUInt16BE(connection.destinationPort, 2);
  return Buffer.concat([octets(connection.source, isV4), octets(connection.destination, isV4), ports]);
}

function octets(text: string, isV4: boolean): Buffer {
  const address = parseAddress(text);
  if (address === undefined) throw new Error(`${text} is no address`);
  const short = Buffer.from(address.hex, 'hex');
  // An IPv4-mapped address is IPv4 for us, but sixteen octets on the wire.
  return isV4 || short.length === 16
    ? short
    : Buffer.concat([Buffer.from(`${'00'.repeat(10)}ffff`, 'hex'), short]);
}
