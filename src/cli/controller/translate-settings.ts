// What the options mean for translation: the same for who serves and for who explains without serving.
import type { Options } from '../../options/options.ts';
import { canAskForCertificates } from '../../proxy/client/client-certificates.ts';

export function translateSettings(options: Options) {
  const { trustedProxies, proxyProtocolFrom, publishService } = options;
  const isAddressTold = [trustedProxies, proxyProtocolFrom].some(({ v4, v6 }) => v4.length + v6.length > 0);
  return {
    ...options,
    hasLegacyListener: options.legacyHttpsPort !== undefined,
    canAskForCertificates: canAskForCertificates(),
    addressHidingService: isAddressTold ? undefined : publishService,
  };
}
