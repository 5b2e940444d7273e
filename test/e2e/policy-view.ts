// What the owner of a policy is told by kubectl.
import { list } from './cluster-tools.ts';

type CoreEvent = {
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
  readonly metadata: { readonly creationTimestamp: string };
};

/** Warnings of this controller, of any object in the namespace. */
export async function warningsSince(namespace: string, since: Date): Promise<readonly string[]> {
  const ours = '--field-selector=reportingComponent=mattermost-ingress.io/controller,type=Warning';
  const events = (await list('events', namespace, ours)) as unknown as readonly CoreEvent[];
  return events
    .filter((event) => timeOf(event) >= since.getTime())
    .map(({ reason, message }) => `${reason}: ${message}`);
}

function timeOf({ lastTimestamp, eventTime, metadata }: CoreEvent): number {
  return Date.parse(lastTimestamp ?? eventTime ?? metadata.creationTimestamp);
}
