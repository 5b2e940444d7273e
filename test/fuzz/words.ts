// The words that random policies and random requests share.

export const HOST = 'chat.example.com';
/** Networks of trusted proxies. */
export const TRUSTED = ['172.16.0.0/12'];
/** Of the shape of Mattermost's ids and tokens. */
export const ID = 'abcdefghijklmnopqrstuvwx01';
export const OTHER_ID = 'zyxwvutsrqponmlkjihgfedc98';

/** Secrets by name: two keys that are good at a time, and one that is too short to be good. */
export const SECRETS = {
  preauth: { current: 'c3VwZXIgc2VjcmV0IDE=', next: ' c3VwZXIgc2VjcmV0IDI=\n' },
  team: { only: 'another secret value', short: 'short' },
};

/** What a client may know of them. */
export const SECRET_TEXTS = ['c3VwZXIgc2VjcmV0IDE=', 'c3VwZXIgc2VjcmV0IDI=', 'another secret value', 'short'];
export const SECRET_HEADERS = ['X-Mattermost-Preauth-Secret', 'X-Team-Secret'];
