// Rows M of the security research against listeners that demand a PROXY header, that trust a proxy, and that do neither.
import { afterAll, beforeAll, describe } from 'vitest';
import type { PlaneOptions } from '../support/data-plane.ts';
import { testRows } from './deliveries.ts';
import { openToAll } from './row-sites.ts';
import { RowStage } from './row-stage.ts';
import { proxiedRows, trustedRows, unproxiedRows } from './rows-address.ts';
import type { RequestRow } from './rows.ts';

type Group = { readonly name: string; readonly options: PlaneOptions; readonly rows: readonly RequestRow[] };

const groups: readonly Group[] = [
  { name: 'with PROXY headers', options: { proxyProtocolFrom: ['127.0.0.0/8'] }, rows: proxiedRows },
  {
    name: 'with PROXY headers of others',
    options: { proxyProtocolFrom: ['10.0.0.0/8'] },
    rows: unproxiedRows,
  },
  {
    name: 'with trusted proxies',
    options: { trustedProxies: ['127.0.0.0/8', '10.0.0.0/8', '2001:db8:1::/48'] },
    rows: trustedRows,
  },
];

describe.each(groups)('$name', ({ options, rows }) => {
  let stage: RowStage;

  beforeAll(async () => {
    stage = await RowStage.start([openToAll('a')], options);
  });
  afterAll(() => stage.end());

  testRows(rows, () => stage);
});
