// Where a path of an Ingress leads: raw JSON -> IngressBackend. Used by project-ingress.ts.
import type { IngressBackend } from '../../api/objects.ts';
import { fieldOf } from './field-reader.ts';
import type { Field, FieldReader } from './field-reader.ts';
import { isLabel } from './metadata.ts';

/** Exactly one of service and resource; of a service exactly one of port number and name. */
export function readBackend(field: Field, reader: FieldReader): IngressBackend {
  const backend = reader.map(field);
  const service = fieldOf(backend, field.path, 'service');
  const resource = fieldOf(backend, field.path, 'resource');
  if (isGiven(service) === isGiven(resource)) {
    reader.report(field.path, 'needs exactly one of service and resource', 'Name the Service of Mattermost');
  }
  return isGiven(resource) ? readResource(resource, reader) : readService(service, reader);
}

function readResource(field: Field, reader: FieldReader): IngressBackend {
  const resource = reader.map(field);
  const kind = reader.requiredString(fieldOf(resource, field.path, 'kind'));
  const name = reader.requiredString(fieldOf(resource, field.path, 'name'));
  return { resource: `${kind} ${name}` };
}

function readService(field: Field, reader: FieldReader): IngressBackend {
  if (!isGiven(field)) return { serviceName: '' };
  const service = reader.map(field);
  const nameField = fieldOf(service, field.path, 'name');
  const serviceName = reader.requiredString(nameField);
  if (serviceName !== '' && !isLabel(serviceName)) {
    reader.report(nameField.path, 'is not the name of a Service', 'Correct it');
  }
  return { serviceName, ...readServicePort(fieldOf(service, field.path, 'port'), reader) };
}

function readServicePort(
  field: Field,
  reader: FieldReader,
): { readonly port?: number; readonly portName?: string } {
  const port = reader.map(field);
  const number = fieldOf(port, field.path, 'number');
  const name = fieldOf(port, field.path, 'name');
  const hasNumber = isGiven(number) && number.value !== 0;
  const portName = reader.string(name) ?? '';
  if (hasNumber === (portName !== '')) {
    reader.report(field.path, 'needs exactly one of number and name', 'Write number: 8065');
    return {};
  }
  return hasNumber ? { port: reader.port(number) } : { portName };
}

/** Null is the same as absent to the API server, and so is port 0. */
function isGiven(field: Field): boolean {
  return field.value !== undefined && field.value !== null;
}
