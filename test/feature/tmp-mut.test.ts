import { test } from 'vitest';
import { fight } from '../support/kube/replica-fight.ts';
async function count(name: string, extra: object, n=100) {
  let failed = 0; const messages = new Map<string, number>(); let e=0,w=0,c=0; const t=performance.now();
  for (let seed = 1; seed <= n; seed += 1) {
    try { const r = await fight({ seed, faultyMs: 20_000, ...extra }); e+=r.elections;w+=r.writes;c+=r.changes; } catch (error) { failed += 1; const m = (error as Error).message.split('\n')[0]!.replace(/\(seed.*/,'').slice(0, 60); messages.set(m, (messages.get(m) ?? 0) + 1); if (failed===1) console.log((error as Error).message.split('\n').slice(0,1).concat((error as Error).message.split('\n').slice(-14)).join('\n')) }
  }
  console.log(name, failed, [...messages], {e,w,c}, performance.now()-t);
}
test('x', async () => {
  await count('right', {}, 30);
  await count('deadline', { lease: { renewDeadlineMs: 6000 } });
  await count('blind', { isBlind: true });
}, 200_000);
