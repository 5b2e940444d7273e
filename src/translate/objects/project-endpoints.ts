// EndpointSlices, and v1 Endpoints read as such: raw JSON -> the slim shape of api/objects.ts.
// Part of the projection; a v1 Endpoints object becomes one slice a subset and address family.
import { isIPv4, isIPv6 } from 'node:net';
import type { EndpointConditions, EndpointSlice, SliceEndpoint, SlicePort } from '../../api/objects.ts';
import { fieldOf } from './field-reader.ts';
import type { Field, FieldReader } from './field-reader.ts';
import { joinField } from './field-path.ts';
import type { JsonMap } from './json-value.ts';
import { readLabels } from './metadata.ts';
import type { RawObject } from './metadata.ts';

type AddressType = EndpointSlice['addressType'];

const serviceNameLabel = 'kubernetes.io/service-name';
const addressTypes: readonly AddressType[] = ['IPv4', 'IPv6', 'FQDN'];

/** A discovery.k8s.io/v1 EndpointSlice. */
export function projectEndpointSlice({ raw, metadata, reader }: RawObject): EndpointSlice {
  const labels = readLabels(raw, reader);
  const serviceName = labels.labels?.[serviceNameLabel] ?? '';
  if (serviceName === '') {
    const path = joinField('metadata.labels', serviceNameLabel);
    reader.report(path, 'is required', 'Set the label to the name of the Service');
  }
  const addressType = readAddressType(fieldOf(raw, '', 'addressType'), reader);
  const endpoints = reader
    .list(fieldOf(raw, '', 'endpoints'))
    .map((field) => projectEndpoint(field, reader, addressType));
  return {
    kind: 'EndpointSlice',
    metadata: { ...metadata, ...labels },
    serviceName,
    addressType,
    endpoints,
    ports: readPorts(fieldOf(raw, '', 'ports'), reader),
  };
}

/** A v1 Endpoints object. The names of the slices hold a colon, so that no real slice can have them. */
export function projectEndpoints({ raw, metadata, reader }: RawObject): readonly EndpointSlice[] {
  return reader.list(fieldOf(raw, '', 'subsets')).flatMap((field, index) => {
    const subset = reader.map(field);
    const ports = readPorts(fieldOf(subset, field.path, 'ports'), reader);
    const addresses = [
      ...readSubsetAddresses(fieldOf(subset, field.path, 'addresses'), reader, true),
      ...readSubsetAddresses(fieldOf(subset, field.path, 'notReadyAddresses'), reader, false),
    ];
    return (['IPv4', 'IPv6'] as const).flatMap((addressType): readonly EndpointSlice[] => {
      const isOfType = addressType === 'IPv4' ? isIPv4 : isIPv6;
      const endpoints = addresses.filter((endpoint) =>
        endpoint.addresses.some((address) => isOfType(address)),
      );
      if (endpoints.length === 0) return [];
      const name = `endpoints:${metadata.name}:${index}:${addressType}`;
      const own = { ...metadata, name };
      return [
        { kind: 'EndpointSlice', metadata: own, serviceName: metadata.name, addressType, endpoints, ports },
      ];
    });
  });
}

function readAddressType(field: Field, reader: FieldReader): AddressType {
  const value = reader.requiredString(field);
  const known = addressTypes.find((type) => type === value);
  if (known === undefined && value !== '') {
    reader.report(field.path, `must be one of ${addressTypes.join(', ')}`, 'Use IPv4 or IPv6');
  }
  return known ?? 'FQDN';
}

function projectEndpoint(field: Field, reader: FieldReader, addressType: AddressType): SliceEndpoint {
  const entry = reader.map(field);
  const addressesField = fieldOf(entry, field.path, 'addresses');
  const addresses = reader.list(addressesField).map((item) => readAddress(item, reader, addressType));
  if (addresses.length === 0)
    reader.report(addressesField.path, 'needs at least one address', 'Add an address');
  return {
    addresses,
    conditions: readConditions(fieldOf(entry, field.path, 'conditions'), reader),
    ...readTarget(entry, field.path, reader),
  };
}

function readAddress(field: Field, reader: FieldReader, addressType: AddressType | 'any'): string {
  const address = reader.requiredString(field);
  const isOfType =
    addressType === 'FQDN' ||
    (addressType !== 'IPv6' && isIPv4(address)) ||
    // A zone (%eth0) has no meaning outside its node.
    (addressType !== 'IPv4' && isIPv6(address) && !address.includes('%'));
  if (address !== '' && !isOfType) {
    const wanted = addressType === 'any' ? 'IP' : addressType;
    reader.report(field.path, `is not an ${wanted} address`, 'Correct the address');
  }
  return address;
}

function readConditions(field: Field, reader: FieldReader): EndpointConditions {
  const conditions = reader.map(field);
  const read = (key: string): boolean | undefined => reader.boolean(fieldOf(conditions, field.path, key));
  const ready = read('ready');
  const serving = read('serving');
  const terminating = read('terminating');
  return {
    ...(ready === undefined ? {} : { ready }),
    ...(serving === undefined ? {} : { serving }),
    ...(terminating === undefined ? {} : { terminating }),
  };
}

function readTarget(
  entry: JsonMap,
  path: string,
  reader: FieldReader,
): Pick<SliceEndpoint, 'targetUid' | 'targetName'> {
  const field = fieldOf(entry, path, 'targetRef');
  const target = reader.map(field);
  const targetUid = reader.string(fieldOf(target, field.path, 'uid'));
  const targetName = reader.string(fieldOf(target, field.path, 'name'));
  return {
    ...(targetUid === undefined ? {} : { targetUid }),
    ...(targetName === undefined ? {} : { targetName }),
  };
}

function readSubsetAddresses(field: Field, reader: FieldReader, isReady: boolean): readonly SliceEndpoint[] {
  return reader.list(field).map((item) => {
    const entry = reader.map(item);
    return {
      addresses: [readAddress(fieldOf(entry, item.path, 'ip'), reader, 'any')],
      conditions: { ready: isReady, serving: isReady },
      ...readTarget(entry, item.path, reader),
    };
  });
}

/** A port without a name is the one with the empty name, as in the API. */
function readPorts(field: Field, reader: FieldReader): readonly SlicePort[] {
  return reader.list(field).map((item) => {
    const entry = reader.map(item);
    const protocol = reader.string(fieldOf(entry, item.path, 'protocol'));
    return {
      name: reader.string(fieldOf(entry, item.path, 'name')) ?? '',
      port: reader.port(fieldOf(entry, item.path, 'port')),
      ...(protocol === undefined ? {} : { protocol }),
    };
  });
}
