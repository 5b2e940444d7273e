// The head of a request as a Mattermost browser client sends it.
import { HOST } from '../peers/host.ts';
import type { Bodies } from './messages.ts';

/** The cookies of a login; the proxy's own comes on top once it has given one. */
const LOGIN_COOKIES =
  'MMAUTHTOKEN=8y4bj7ki3tbizp9wkiqjwcm1dh; MMUSERID=ycd7w3tq5jnr9bd1wmkxsc8k4y; MMCSRF=j6zb9fhs1pn7im5tqx3kwyuo4e';

export const USER_AGENT = 'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0';

/** The backend answers with that many bytes. */
export function pathFor({ answerBytes }: Bodies): string {
  return `/api/v4/users/me?bytes=${answerBytes}`;
}

/** @param cookie the proxy's own, where it gave one */
export function cookiesWith(cookie: string | undefined): string {
  return cookie === undefined ? LOGIN_COOKIES : `${LOGIN_COOKIES}; ${cookie}`;
}

/** @param line method and target; @param fields further field lines, each with its line end */
export function requestText(line: string, fields: string, cookie: string | undefined): string {
  return (
    `${line} HTTP/1.1\r\nHost: ${HOST}\r\nUser-Agent: ${USER_AGENT}\r\n` +
    `Accept: */*\r\nAccept-Language: en\r\n${fields}Cookie: ${cookiesWith(cookie)}\r\n\r\n`
  );
}

/** Name and value of the first cookie that an answer's head sets. */
export function cookieOf(head: string): string | undefined {
  return /^set-cookie: *([^;\r]+)/im.exec(head)?.[1];
}
