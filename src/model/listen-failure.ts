// What to tell whoever cannot have a port: which option asked for it, what the system says, and what to do.

type Wanted = { readonly flag: string; readonly address: string; readonly port: number };

const REMEDIES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Another process has it: end that one, or take another port',
  EACCES:
    'Ports below 1024 need a right (NET_BIND_SERVICE): take a higher one, and let the Service translate',
  EADDRNOTAVAIL: 'This machine does not have that address: take one of its own, or :: for all',
};

/** @param flag the option that says which port, without dashes */
export function listenFailure({ flag, address, port }: Wanted, error: NodeJS.ErrnoException): Error {
  const remedy = REMEDIES[error.code ?? ''];
  const message = `Port ${port} on ${address} (--${flag}) cannot be opened: ${error.message}`;
  return new Error(remedy === undefined ? message : `${message}. ${remedy}`, { cause: error });
}
