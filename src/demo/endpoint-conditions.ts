// The conditions of the demo's nodes as they stand in endpoints.yaml, read and changed as text: people edit it too.

/** What a node is given in the file. */
type Conditions = 'ready' | 'draining';

const WRITTEN: Readonly<Record<Conditions, string>> = {
  ready: '{ready: true}',
  draining: '{ready: false, serving: true, terminating: true}',
};

function lineOf(node: string): RegExp {
  return new RegExp(`^( *conditions: )(\\{.*\\})( # ${node})$`, 'm');
}

/** Whether the file gives the node new clients; a node that it does not name gets none. */
export function isReady(text: string, node: string): boolean {
  return lineOf(node).exec(text)?.[2] === WRITTEN.ready;
}

/** The file with other conditions of the node; as it was where it does not name it. */
export function withConditions(text: string, node: string, conditions: Conditions): string {
  return text.replace(lineOf(node), (_, start: string, __, end: string) => start + WRITTEN[conditions] + end);
}
