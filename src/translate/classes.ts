// Which objects are ours: IngressClasses of this controller, and those it takes over. The rest is never touched.
import type { Ingress, IngressClass } from '../api/objects.ts';
import { INGRESS_REASONS } from '../api/status.ts';
import type { Finding } from '../model/finding.ts';

export type ClassSettings = {
  /** --controller-name: `spec.controller` of the IngressClasses that are ours. */
  readonly controllerName: string;
  /** --ingress-class: ours also where no IngressClass of that name can be read, as in a folder of manifests. */
  readonly ingressClass: string;
  /** --take-over-class: a class of ingress-nginx that is served beside it, or in its place. */
  readonly takeOverClass: string | undefined;
};

export type Classes = {
  ownsIngress(ingress: Ingress): boolean;
  /** @param className spec.ingressClassName of a policy with a route */
  ownsRoute(className: string | undefined): boolean;
  readonly findings: readonly Finding[];
};

/** Objects that name no class belong to the controller that has the class of this name, if there is no default. */
export const DEFAULT_CLASS = 'mattermost';
export const DEFAULT_CONTROLLER = 'mattermost-ingress.io/controller';
const INGRESS_NGINX = 'k8s.io/ingress-nginx';
const LEGACY_ANNOTATION = 'kubernetes.io/ingress.class';

/** Sorts out the classes; total, whatever the IngressClasses say. */
export function readClasses(classes: ReadonlyMap<string, IngressClass>, settings: ClassSettings): Classes {
  const all = [...classes.values()];
  const refused = all.filter((each) => isOurs(each, settings) && each.parameters !== undefined);
  const own = all.filter((each) => isOurs(each, settings) && each.parameters === undefined);
  const known = new Set(all.map(({ metadata }) => metadata.name));
  const unread = [settings.ingressClass, settings.takeOverClass].filter(
    (name) => name !== undefined && !known.has(name),
  );
  const names = new Set<string | undefined>([...own.map(({ metadata }) => metadata.name), ...unread]);
  const hasDefault = own.some(({ isDefault }) => isDefault);
  return {
    ownsIngress: (ingress) => {
      const name = classNameOf(ingress);
      return name === undefined ? hasDefault : names.has(name);
    },
    ownsRoute: (name) => (name === undefined ? hasDefault || names.has(DEFAULT_CLASS) : names.has(name)),
    findings: refused.map(parametersFinding),
  };
}

/** Of its field, else of the annotation that was there before the field; undefined if it leaves that to the default. */
export function classNameOf({ ingressClassName, annotations }: Ingress): string | undefined {
  if (ingressClassName !== undefined) return ingressClassName;
  return Object.hasOwn(annotations, LEGACY_ANNOTATION) ? annotations[LEGACY_ANNOTATION] : undefined;
}

function isOurs({ metadata, controller }: IngressClass, settings: ClassSettings): boolean {
  if (controller === settings.controllerName) return true;
  return metadata.name === settings.takeOverClass && controller === INGRESS_NGINX;
}

function parametersFinding({ metadata, parameters }: IngressClass): Finding {
  const { meaning, remedy } = INGRESS_REASONS.ClassParametersUnsupported;
  return {
    severity: 'error',
    object: { kind: 'IngressClass', namespace: '', name: metadata.name },
    field: 'spec.parameters',
    reason: 'ClassParametersUnsupported',
    message: `${meaning}: ${parameters ?? ''}`,
    remedy,
  };
}
