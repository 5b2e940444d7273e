// The dashboard and the alert rules of the chart, and the guide to them, for the tests that look at them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { CHART } from './rendering.ts';

export type AlertRule = {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook: string };
};

type Datasource = { readonly type: string; readonly uid: string };

type Target = {
  readonly refId: string;
  readonly datasource: Datasource;
  readonly expr: string;
  readonly legendFormat: string;
};

export type Panel = {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly description: string;
  readonly datasource: Datasource;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig: { readonly defaults: { readonly unit: string } };
  readonly targets: readonly Target[];
};

type Variable = { readonly name: string; readonly query: string | { readonly query: string } };

type Dashboard = {
  readonly uid: string;
  readonly title: string;
  readonly schemaVersion: number;
  readonly templating: { readonly list: readonly Variable[] };
  readonly panels: readonly (Panel | Pick<Panel, 'id' | 'type' | 'title' | 'gridPos'>)[];
};

export const GUIDE = readFileSync(join(CHART, '../../docs/monitoring.md'), 'utf8');
export const ALERTS_FILE = join(CHART, 'files/alerts.yaml');

export function alertRules(): readonly AlertRule[] {
  const { groups } = parse(readFileSync(ALERTS_FILE, 'utf8')) as {
    readonly groups: readonly { readonly rules: readonly AlertRule[] }[];
  };
  return groups.flatMap(({ rules }) => rules);
}

export function readDashboard(): Dashboard {
  return JSON.parse(readFileSync(join(CHART, 'files/dashboard.json'), 'utf8')) as Dashboard;
}

/** Those that ask something; a row only parts them. */
export function panelsOf(dashboard: Dashboard): readonly Panel[] {
  return dashboard.panels.filter((panel): panel is Panel => panel.type !== 'row');
}

/** Each block of PromQL in the guide. */
export function guideQueries(): readonly string[] {
  return [...GUIDE.matchAll(/```promql\n([\s\S]*?)\n```/gu)].map(([, query = '']) => query);
}
