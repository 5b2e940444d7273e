// A network of clients, as rules of admission and limits name it.
import { Type } from 'typebox';
import { rules } from './policy-rules.ts';

export const sourceCidr = Type.String({
  description: 'A network, for example 192.0.2.0/24 or 2001:db8::/32.',
  minLength: 1,
  maxLength: 43,
  ...rules('cidr-canonical'),
});
