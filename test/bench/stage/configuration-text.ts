// The committed configurations of other proxies are templates: {{name}} stands for a fact of the run, and a line that
// begins with {{accessLog}} or {{noAccessLog}} is there only with, or only without, an access log, and one that begins
// with {{limited}} only where sources are limited.

export function filledIn(
  template: string,
  values: Readonly<Record<string, string | number>>,
  { hasAccessLog, isLimited }: { readonly hasAccessLog: boolean; readonly isLimited: boolean },
): string {
  const dropped = [hasAccessLog ? '{{noAccessLog}}' : '{{accessLog}}', ...(isLimited ? [] : ['{{limited}}'])];
  return template
    .split('\n')
    .filter((line) => !dropped.some((mark) => line.trimStart().startsWith(mark)))
    .map((line) => line.replace(/\{\{(?:noAccessLog|accessLog|limited)\}\} ?/, ''))
    .join('\n')
    .replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
      const value = values[name];
      if (value === undefined) throw new Error(`A configuration asks for ${name}, which nobody knows`);
      return String(value);
    });
}
