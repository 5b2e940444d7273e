// Whose addresses are those of the API server: the slices of one Service in one namespace, and no others.
import { expect, test } from 'vitest';
import type { EndpointSlice } from '../api/objects.ts';
import { ApiServerAddresses } from './api-server-addresses.ts';

function slices(...parts: readonly (readonly [namespace: string, service: string, address: string])[]) {
  return new Map(
    parts.map(([namespace, serviceName, address], at): readonly [string, EndpointSlice] => [
      `${namespace}/${at}`,
      {
        kind: 'EndpointSlice',
        metadata: { namespace, name: String(at) },
        serviceName,
        addressType: 'IPv4',
        endpoints: [{ addresses: [address], conditions: {} }],
        ports: [],
      },
    ]),
  );
}

test('slices of default/kubernetes count, those of other Services and namespaces do not', () => {
  const addresses = new ApiServerAddresses(['10.96.0.1']);
  const found = addresses.of(
    slices(
      ['default', 'kubernetes', '192.0.2.2'],
      ['default', 'kubernetes', '192.0.2.1'],
      ['default', 'other', '192.0.2.3'],
      ['other', 'kubernetes', '192.0.2.4'],
    ),
  );
  expect(found).toEqual(['10.96.0.1', '192.0.2.1', '192.0.2.2']);
});

test('the same addresses in other slices are the same value', () => {
  const addresses = new ApiServerAddresses([]);
  const before = addresses.of(slices(['default', 'kubernetes', '192.0.2.1']));
  expect(addresses.of(slices(['a', 'b', '192.0.2.9'], ['default', 'kubernetes', '192.0.2.1']))).toBe(before);
});
