// Host of the site; every proxy is asked for it.
export const HOST = 'chat.example.com';
