// Addresses drawn at random, so that tests that run at the same time do not meet.

/** Fixed addresses of tests lie above. */
const MOST = 199;

/** All of 127.0.0.0/8 is loopback: whoever has one of its addresses has all ports there, even while nobody listens. */
export function drawLoopback(): string {
  return `127.${octet()}.${octet()}.${octet()}`;
}

/** All of 10.244.0.0/16 is ours to listen at; `start` must reject where somebody else does already, and is asked again. */
export async function startAnywhere<Process>(start: (address: string) => Promise<Process>) {
  for (;;) {
    const address = `10.244.${octet()}.${octet()}`;
    try {
      return { address, process: await start(address) };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    }
  }
}

function octet(): number {
  return 1 + Math.floor(Math.random() * MOST);
}
