// The committed configurations of other proxies are templates: {{name}} stands for a fact of the run, and a line that
// begins with {{accessLog}} or {{noAccessLog}} is there only with, or only without, an access log.

export function filledIn(
  template: string,
  values: Readonly<Record<string, string | number>>,
  hasAccessLog: boolean,
): string {
  const dropped = hasAccessLog ? '{{noAccessLog}}' : '{{accessLog}}';
  return template
    .split('\n')
    .filter((line) => !line.trimStart().startsWith(dropped))
    .map((line) => line.replace(/\{\{(?:noAccessLog|accessLog)\}\} ?/, ''))
    .join('\n')
    .replace(/\{\{(\w+)\}\}/g, (_, name: string) => {
      const value = values[name];
      if (value === undefined) throw new Error(`A configuration asks for ${name}, which nobody knows`);
      return String(value);
    });
}
