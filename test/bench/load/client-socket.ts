// Sockets of the load's clients, and the head of a request as a Mattermost browser client sends it.
import { connect, type Socket } from 'node:net';
import { HOST } from '../peers/controller-manifests.ts';

/** Read by every socket of this process: what is read is looked at before the next read. */
const readBuffer = Buffer.allocUnsafeSlow(65_536);

/** The cookies of a login; the proxy's own comes on top once it has given one. */
const LOGIN_COOKIES =
  'MMAUTHTOKEN=8y4bj7ki3tbizp9wkiqjwcm1dh; MMUSERID=ycd7w3tq5jnr9bd1wmkxsc8k4y; MMCSRF=j6zb9fhs1pn7im5tqx3kwyuo4e';

/** @param onBytes bytes [0, length) of a buffer that is used again after the call */
export function openSocket(port: number, onBytes: (buffer: Buffer, length: number) => void): Socket {
  return connect({
    host: '127.0.0.1',
    port,
    noDelay: true,
    onread: {
      buffer: readBuffer,
      callback: (length) => {
        onBytes(readBuffer, length);
        return true;
      },
    },
  });
}

/** @param fields further field lines, each with its line end; @param cookie the proxy's own, where it gave one */
export function requestText(path: string, fields: string, cookie: string | undefined): string {
  const cookies = cookie === undefined ? LOGIN_COOKIES : `${LOGIN_COOKIES}; ${cookie}`;
  return (
    `GET ${path} HTTP/1.1\r\nHost: ${HOST}\r\n` +
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0\r\n' +
    `Accept: */*\r\nAccept-Language: en\r\n${fields}Cookie: ${cookies}\r\n\r\n`
  );
}

/** Name and value of the first cookie that an answer's head sets. */
export function cookieOf(head: string): string | undefined {
  return /^set-cookie: *([^;\r]+)/im.exec(head)?.[1];
}
